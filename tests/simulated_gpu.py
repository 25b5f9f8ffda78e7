"""A GPU for machines without one: its tensors lie in the CPU's memory, but refuse to meet tensors that are not on it.

It finds what a chapter or the package forgets to move, not what a GPU rounds otherwise, nor how fast it is.
"""

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import return_and_correct_aliasing
from torch.utils._pytree import tree_any, tree_leaves, tree_map

from cnn_lessons.training import history

GPU, CPU = torch.device("cuda", 0), torch.device("cpu")
STAND_IN = "meta"  # the device that torch takes the GPU for: beside the CPU's, autograd knows it on every machine
COPIES = {torch.ops.aten.copy_.default, torch.ops.aten._to_copy.default}  # from one side to the other
JOINS = {torch.ops.aten.cat.default, torch.ops.aten.stack.default}  # no number of the CPU among them either
INDEXED = {torch.ops.aten.index.Tensor, torch.ops.aten.index_put_.default}  # by indices that may lie on the CPU
PRETENDED = [  # what `train` asks CUDA for
    (torch.cuda, "get_device_capability", lambda device: (6, 0)),  # one that trains in float32
    (history, "device_name", lambda device: "a simulated GPU"),
]


class OnGpu(Tensor):
    """A tensor on the simulated GPU; `held` has its numbers, on the CPU."""

    @staticmethod
    def __new__(cls, held):
        return Tensor._make_wrapper_subclass(
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=STAND_IN,
            requires_grad=held.requires_grad,
        )

    def __init__(self, held):
        self.held = held.detach()

    def __repr__(self):
        return f"{repr(self.held)[:-1]}, device='{GPU}')"

    def __tensor_flatten__(self):  # torch wants it of what `nn.Module.to` puts in a parameter's place
        return ["held"], None

    @staticmethod
    def __tensor_unflatten__(parts, *_):
        return OnGpu(parts["held"])

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func == Tensor.device.__get__:
            return GPU
        if func in (Tensor.is_cuda.__get__, Tensor.is_meta.__get__):
            return func == Tensor.is_cuda.__get__
        if func in (Tensor.numpy, Tensor.__array__):
            raise TypeError(f"can't convert {GPU} device type tensor to numpy. Use Tensor.cpu() first.")
        if func is Tensor.tolist or (func is Tensor.to and STAND_IN in map(str, args[1:])):
            return func(args[0].held, *args[1:])
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **kwargs or {})

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        meeting = tree_leaves((args[0], args[2:]) if func in INDEXED else (args, kwargs))
        elsewhere = [leaf for leaf in meeting if is_elsewhere(leaf)]
        strict = func in JOINS or any(leaf is args[0] for leaf in elsewhere) and func._schema.is_mutable
        if func not in COPIES and any(leaf.dim() or strict for leaf in elsewhere):
            raise RuntimeError(f"Expected all tensors to be on the same device, but {func} got cpu beside {GPU}")
        leaves = kwargs.get("device") == CPU
        inside = kwargs | ({"device": CPU} if kwargs.get("device") else {})  # torch itself names the stand-in
        held_args, held_kwargs = tree_map(lambda leaf: leaf.held if isinstance(leaf, OnGpu) else leaf, (args, inside))
        result = func(*held_args, **held_kwargs)
        if leaves:
            return result
        if func is torch.ops.aten.copy_.default:  # into a tensor of either side
            return args[0]
        return return_and_correct_aliasing(func, args, kwargs, moved(result))


def is_elsewhere(value) -> bool:
    return isinstance(value, Tensor) and not isinstance(value, OnGpu)


def moved(results):
    """The same with every tensor on the simulated GPU."""
    return tree_map(lambda leaf: OnGpu(leaf) if is_elsewhere(leaf) else leaf, results)


class SimulatedGpu(TorchFunctionMode):
    """Within it "cuda" names the simulated GPU: in `to`, in `cuda` and wherever torch takes a device."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is Tensor.cuda:
            func, args = Tensor.to, (args[0], GPU)
        if func in (torch.device, torch._C._nn._parse_to) or not tree_any(is_gpu, (args, kwargs)):
            return func(*args, **kwargs)
        if func is Tensor.to and isinstance(args[0], OnGpu):  # it is there, but may be wanted in another form
            types = [value for value in args[1:] if isinstance(value, torch.dtype)]
            form = {name: kwargs[name] for name in ("dtype", "memory_format") if kwargs.get(name) is not None}
            return args[0].to(*types, **form) if types or form else args[0]
        args, kwargs = tree_map(lambda leaf: CPU if is_gpu(leaf) else leaf, (args, kwargs))
        return moved(func(*args, **kwargs))


def is_gpu(value) -> bool:
    return isinstance(value, str | torch.device) and str(value).partition(":")[0] == "cuda"

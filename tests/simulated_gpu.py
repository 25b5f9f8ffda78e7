"""A GPU for machines without one: its tensors lie in the CPU's memory, but refuse to meet tensors that are not on it.

It finds what a chapter or the package forgets to move, not what a GPU rounds otherwise, nor how fast it is.
"""

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import return_and_correct_aliasing
from torch.utils._pytree import tree_any, tree_leaves, tree_map

GPU, CPU = torch.device("cuda", 0), torch.device("cpu")
STAND_IN = (
    "meta"  # what torch takes the GPU for: of the devices that are not the CPU, autograd runs for this one anywhere
)
CROSSING = {  # operations that take tensors of both sides
    torch.ops.aten.copy_.default,
    torch.ops.aten._to_copy.default,
    torch.ops.aten.index.Tensor,
    torch.ops.aten.index_put_.default,
}


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
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        if func not in CROSSING and any(tensor.dim() and not isinstance(tensor, OnGpu) for tensor in tensors):
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but {func} got some on {GPU} and on cpu"
            )
        leaves = kwargs.get("device") == CPU
        inside = kwargs | ({"device": CPU} if kwargs.get("device") else {})  # torch itself names the stand-in
        held_args, held_kwargs = tree_map(lambda leaf: leaf.held if isinstance(leaf, OnGpu) else leaf, (args, inside))
        result = func(*held_args, **held_kwargs)
        if leaves:
            return result
        if func is torch.ops.aten.copy_.default:
            return args[0]
        return return_and_correct_aliasing(func, args, kwargs, moved(result))


def moved(results):
    """The same with every tensor on the simulated GPU."""
    return tree_map(
        lambda leaf: OnGpu(leaf) if isinstance(leaf, Tensor) and not isinstance(leaf, OnGpu) else leaf, results
    )


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

import os
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest
import tiny_shell
import torch
from tiny import same, tiny_data

from cnn_lessons import data
from cnn_lessons.cli import doctor
from cnn_lessons.cli.train import IMAGES
from cnn_lessons.cli.words import in_shell_words
from cnn_lessons.models import catalog
from cnn_lessons.training import RECIPES, History, evaluate
from cnn_lessons.training.run import Run

ROOT = Path(__file__).parent.parent
TINY = "train --model tiny --data shapes --recipe tiny --quiet --device cpu"
REAL = "train --model mlp --data shapes --recipe quick --quiet"


@pytest.fixture
def tiny(monkeypatch):
    """The commands find the tiny data and network."""
    monkeypatch.setattr(data, "load", data.load)  # put back after the test
    monkeypatch.setattr(catalog, "build", catalog.build)
    tiny_shell.replace_by_tiny()


def python(*words, **options):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=240, **options)


def weights(path):
    return torch.load(path, weights_only=True)


DATA = ("data", "data fetch", "data verify", "data describe")


# ---- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["", "train", "repeat", "recipes", "models", *DATA, "doctor", "release", "grade"])
def test_every_command_helps(shell, command):
    code, out, complaints = shell(f"{command} --help")
    assert code == 0 and out.startswith(f"usage: python -m cnn_lessons {command}".rstrip()) and not complaints


def test_module_runs_and_help_needs_no_torch():
    done = python("-X", "importtime", "-m", "cnn_lessons", "--help", cwd=ROOT)
    assert done.returncode == 0 and "doctor" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "cnn_lessons.cli.train" in loaded and not loaded & {"torch", "numpy", "torchvision", "matplotlib"}
    nothing = python("-m", "cnn_lessons", cwd=ROOT)
    assert nothing.returncode == 2 and len(nothing.stderr.splitlines()) == 1


BAD = {
    "": "required",
    "tran": "invalid choice",
    "train --model mlp": "required: --data, --recipe",
    "train --model nope --data shapes --recipe quick": "resnet18_cifar.*got 'nope'",
    "train --model mnist_cnn --data shapes --recipe quick": "3×32×32",
    "train --model mlp --data nope --recipe quick": "cifar100, got 'nope'",
    "train --model mlp --data shapes --recipe nope": "wide-resnet-paper.*got 'nope'",
    f"{REAL} --epochs many": "--epochs: invalid float value: 'many'",
    "train --model resnet18 --data shapes --recipe quick": "resnet18_cifar, got ImageNet's resnet18",
    f"{REAL} --epochs nan": "epochs: expected a number above 0",
    f"{REAL} --epochs 1e300": "epochs: expected a number above 0 and below 1e38",
    f"{REAL} --batch-size 0": "batch_size: expected an integer of at least 1, got 0",
    f"{REAL} --batch-size {2**80}": "batch_size: expected an integer below",
    f"{REAL} --batch-size 2.5": "--batch-size: invalid int value",
    f"{REAL} --lr -1": "lr: expected a number above 0",
    f"{REAL} --seed {2**40}": "seed: expected an integer below",
    f"{REAL} --precision half": "precision: expected one of auto",
    f"{REAL} --precision float16 --device cpu": "float16 trains on a CUDA device only",
    f"{REAL} --device gpu": "expected cpu, cuda or cuda:N, got 'gpu'",
    f"{REAL} --device meta": "expected cpu, cuda or cuda:N, got 'meta'",
    f"{REAL} --device cuda:99": "torch finds [0-9]+ CUDA devices",
    f"{REAL} --checkpoint /": "--checkpoint: expected a file",
    f"{REAL} --out /dev/null/run.json": "--out: expected a file in a folder that can be made",
    "repeat --checkpoint run.pt": "expected the name of the run to train",
    "recipes nope": "got 'nope'",
    "data": "required: action",
    "data fetch nope": "got 'nope'",
    "data verify nope": "got 'nope'",
}


@pytest.mark.parametrize("words", BAD)
def test_bad_use_is_told_in_one_line(shell, words):
    code, out, complaints = shell(words)
    assert code == 2 and not out and len(complaints) == 1, complaints
    assert re.search(BAD[words], complaints[0]), complaints


def test_two_options_cannot_name_one_file(shell, tmp_path):
    code, _, complaints = shell(REAL, "--checkpoint", tmp_path / "a", "--weights", tmp_path / "b" / ".." / "a")
    assert code == 2 and "--weights: expected another file than --checkpoint" in complaints[0]


def test_more_held_out_than_there_is(shell, tiny):
    code, _, complaints = shell(TINY + " --validation 214")
    assert code == 2 and len(complaints) == 1 and "fewer than the 214 images" in complaints[0]


def test_fault_of_the_program_shows_where_it_is(shell, tiny, monkeypatch):
    def broken(*_):
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(catalog, "build", broken)
    with pytest.raises(RuntimeError, match="multiplied"):
        shell(TINY)


def test_more_processes_than_gpus_are_told_in_one_line(shell, tiny, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for name, value in {"RANK": "0", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2"}.items():  # the process that speaks
        monkeypatch.setenv(name, value)
    code, _, complaints = shell(TINY.replace("--device cpu", "--device cuda"))
    assert code == 2 and len(complaints) == 1 and "at most 1 processes, one for each CUDA device" in complaints[0]


def test_path_is_not_taken_for_an_argument(shell, tiny, tmp_path):
    for name in ("seed=3/run.pt", "seed=3.pt", "lr=0.1.pt"):
        path = tmp_path / "lr=0.1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("hello")
        code, _, complaints = shell(TINY, "--checkpoint", path)
        assert code == 1 and f" {path}: " in complaints[0] and "another kind" in complaints[0]
    assert in_shell_words(r"C:\runs\lr=0.1\run.pt and seed=3") == r"C:\runs\lr=0.1\run.pt and --seed 3"


def test_home_is_found_behind_an_equals_sign(shell, tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert shell(TINY + " --epochs 1 --checkpoint=~/run.pt --out=~/run.json")[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == {"run.pt", "run.json"}


def test_network_too_large_for_the_memory_is_told_in_one_line(shell, monkeypatch):
    class TooLarge(torch.nn.Module):
        def forward(self, images):
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(catalog, "_build", lambda *_: TooLarge())
    code, _, complaints = shell(REAL)
    assert code == 1 and len(complaints) == 1 and "the network is too large. Try a smaller one." in complaints[0]


# ---- train -------------------------------------------------------------------------------------------------------


def test_train_writes_history_and_weights_and_a_table(shell, tiny, tmp_path):
    files = ["--out", tmp_path / "new" / "run.json", "--weights", tmp_path / "w.pt"]
    code, out, complaints = shell(TINY, *files)
    assert code == 0 and not complaints
    history = History.load(tmp_path / "new" / "run.json")
    shown = dict(line.split("  ", 1) for line in out.splitlines()[1:])
    shown = {name: value.strip() for name, value in shown.items()}
    assert list(shown) == "network,parameters,epochs,chosen epoch,test accuracy,seconds,device".split(",")
    assert shown["network"] == "tiny" and shown["epochs"] == "3" and shown["parameters"] == "364"
    assert shown["test accuracy"] == f"{history.test['accuracy']:.2%}"
    assert shown["chosen epoch"].startswith(f"{history.provenance['chosen_epoch']} (validation accuracy")
    network = catalog.build("tiny", 4, (3, 8, 8))
    network.load_state_dict(weights(tmp_path / "w.pt"))
    images = tiny_data(214)
    found = evaluate(network, *images.test, mean=images.mean, std=images.std)
    assert found.accuracy == history.test["accuracy"]
    assert history.provenance["command"] == f"python -m cnn_lessons {TINY} {' '.join(map(str, files))}"


def test_full_disk_leaves_the_summary_and_no_half_of_the_weights(shell, tiny, tmp_path, monkeypatch):
    def full(value, file):
        Path(file).write_bytes(b"half")
        raise RuntimeError("PytorchStreamWriter failed writing file data/1: file write failed\nmore")

    monkeypatch.setattr(torch, "save", full)
    (tmp_path / "w.pt").write_bytes(b"of an earlier run")
    code, out, complaints = shell(TINY, "--weights", tmp_path / "w.pt")
    assert code == 1 and "test accuracy" in out
    assert len(complaints) == 1 and "could not be written" in complaints[0] and "file write failed" in complaints[0]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"of an earlier run"]


def test_history_that_cannot_be_written_costs_no_weights(shell, tiny, tmp_path, monkeypatch):
    def full(history, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(History, "save", full)
    code, out, complaints = shell(TINY, "--out", tmp_path / "run.json", "--weights", tmp_path / "w.pt")
    assert code == 1 and "test accuracy" in out and len(complaints) == 1
    assert f"--out: {tmp_path / 'run.json'} could not be written: [Errno 28] No space left" in complaints[0]
    assert torch.load(tmp_path / "w.pt", weights_only=True)


def test_reader_who_hangs_up_loses_nothing_but_the_summary(shell, tiny, tmp_path, monkeypatch):
    def hung_up(*_):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("cnn_lessons.cli.train._summary", hung_up)
    shell(TINY, "--out", tmp_path / "run.json", "--weights", tmp_path / "w.pt")
    assert History.load(tmp_path / "run.json").test and torch.load(tmp_path / "w.pt", weights_only=True)


def test_options_change_the_recipe(shell, tiny, tmp_path):
    words = " --epochs 1.5 --batch-size 50 --lr 0.01 --seed 7 --precision bfloat16 --validation 0"
    code, out, _ = shell(TINY + words, "--out", tmp_path / "run.json")
    recipe = History.load(tmp_path / "run.json").provenance["recipe"]
    assert code == 0 and "1.5 epochs, seed 7" in out and "the last: nothing was held out" in out
    changed = {"epochs": 1.5, "batch_size": 50, "lr": 0.01, "seed": 7, "precision": "bfloat16", "validation": 0}
    assert recipe == RECIPES["tiny"].to_dict() | changed


def test_a_run_that_ends_before_its_rate_drops_says_so(shell, tiny):
    words = f"{TINY} --recipe wide-resnet-paper --epochs 1"
    assert "It ends before its learning rate drops after 60 epochs" in shell(words)[1]


def test_seed_decides_the_first_weights(shell, tmp_path, monkeypatch):
    """With the real catalogue: nothing but the seed sets them."""
    few = data.shapes(train=20, test=10)
    monkeypatch.setattr(data, "load", lambda *_, **__: few)
    for name, seed in {"a": 3, "b": 3, "c": 4}.items():
        words = f"train --model mlp --data shapes --recipe quick --quiet --validation 10 --epochs 1 --seed {seed}"
        assert shell(words, "--weights", tmp_path / name)[0] == 0
    a, b, c = (weights(tmp_path / name) for name in "abc")
    assert same(a, b) and not same(a, c)


def test_stopped_run_goes_on_and_ends_the_same(shell, tiny, tmp_path, monkeypatch):
    assert shell(TINY, "--weights", tmp_path / "whole")[0] == 0
    files = ["--checkpoint", tmp_path / "run.ck", "--weights", tmp_path / "parts"]
    with monkeypatch.context() as patch:
        save = Run.save

        def stopped(run, path):
            save(run, path)
            raise KeyboardInterrupt

        patch.setattr(Run, "save", stopped)
        code, _, complaints = shell(TINY, *files)
        assert code == 130 and len(complaints) == 1 and "holds 1 whole epochs" in complaints[0]
    code, out, _ = shell(TINY, *files)
    assert code == 0 and "run.ck holds a run after epoch 1, to go on from" in out
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    code, out, _ = shell(TINY, *files)
    assert code == 0 and "run.ck holds a finished run" in out and "test accuracy" in out


def test_stop_without_a_checkpoint_says_how_to_have_one(shell, tiny, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "step", stop)
    code, _, complaints = shell(TINY)
    assert code == 130 and len(complaints) == 1 and "--checkpoint FILE" in complaints[0]


def test_checkpoint_that_does_not_fit_is_refused_and_fresh_begins_anew(shell, tiny, tmp_path):
    path = tmp_path / "run.ck"
    assert shell(TINY + " --epochs 1", "--checkpoint", path)[0] == 0
    code, _, complaints = shell(TINY + " --epochs 1 --lr 0.02", "--checkpoint", path)
    assert (
        code == 1
        and len(complaints) == 1
        and "--lr 0.02, got --lr 0.05" in complaints[0]
        and "--fresh" in complaints[0]
    )
    path.write_bytes(path.read_bytes()[:-100])
    code, _, complaints = shell(TINY + " --epochs 1", "--checkpoint", path)
    assert code == 1 and len(complaints) == 1 and "damaged" in complaints[0] and "--fresh" in complaints[0]
    code, out, _ = shell(TINY + " --epochs 1 --fresh", "--checkpoint", path)
    assert code == 0 and "holds" not in out


def test_loss_that_is_no_number_fails_in_one_line(shell, tiny):
    code, _, complaints = shell(TINY + " --lr 1e30")
    assert code == 1 and len(complaints) == 1 and "Try a smaller one, such as --lr 1e+29." in complaints[0], complaints
    code, _, complaints = shell(TINY + " --lr 9e37 --epochs 1 --batch-size 500")  # its one step is the last
    assert code == 1 and len(complaints) == 1 and "The loss on the test images is" in complaints[0], complaints


def test_images_are_those_of_the_data():
    """The sizes by which networks are refused before anything is downloaded."""
    drawn = data.shapes(train=10, test=10)
    assert IMAGES["shapes"] == (len(drawn.classes), tuple(drawn.train.images.shape[1:]))


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["mnist", "cifar10", "cifar100"])
def test_images_are_those_of_the_real_data(name, real):
    found = real(name)
    assert IMAGES[name] == (len(found.classes), tuple(found.train.images.shape[1:]))


# ---- several processes -------------------------------------------------------------------------------------------


def torchrun(tmp_path, **environment):
    files = ["--weights", tmp_path / "two.pt", "--out", tmp_path / "two.json", "--checkpoint", tmp_path / "two.ck"]
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    return python(*launch, Path(tiny_shell.__file__), *TINY.split(), *files, env=environment)


def test_two_processes_killed_and_begun_again_give_the_result_of_one(shell, tiny, tmp_path):
    assert shell(TINY, "--weights", tmp_path / "one.pt", "--out", tmp_path / "one.json")[0] == 0
    killed = torchrun(tmp_path, KILL_IN_EPOCH="2")
    assert killed.returncode != 0 and "test accuracy" not in killed.stdout and (tmp_path / "two.ck").exists()
    again = torchrun(tmp_path)
    assert again.returncode == 0 and "two.ck holds a run after epoch 1, to go on from" in again.stdout, again.stderr
    assert again.stdout.count("test accuracy") == 1 and "2 processes" in again.stdout and "Warning:" not in again.stderr
    one, two = (weights(tmp_path / f"{name}.pt") for name in ("one", "two"))
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-5, atol=1e-6)
    alone, together = (History.load(tmp_path / f"{name}.json") for name in ("one", "two"))
    assert together.provenance["processes"] == 2
    assert together.test == pytest.approx(alone.test, rel=1e-5)
    for ours, theirs in zip(alone.epochs, together.epochs, strict=True):
        for figure in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "learning_rate"):
            assert ours[figure] == pytest.approx(theirs[figure], rel=1e-5), figure


# ---- listings, data, doctor --------------------------------------------------------------------------------------


def test_recipes_and_models_are_listed(shell):
    code, out, _ = shell("recipes")
    assert code == 0 and [line.split()[0] for line in out.splitlines()] == list(RECIPES)
    code, out, _ = shell("recipes wide-resnet-paper")
    fields = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert fields["milestones"] == "60, 120, 160" and fields["optimizer"] == "nesterov" and fields["gamma"] == "0.2"
    assert set(fields) == set(RECIPES["wide-resnet-paper"].to_dict())
    code, out, _ = shell("models")
    assert code == 0 and [line.split()[0] for line in out.splitlines()[:-1]] == list(catalog.MODELS)


def test_data_that_is_not_there_fails_in_one_line(shell, tmp_path):
    for words in ("data describe cifar10", "train --model mlp --data cifar10 --recipe quick --no-download"):
        code, _, complaints = shell(words, "--root", tmp_path)
        assert code == 1 and len(complaints) == 1 and str(tmp_path) in complaints[0]
        assert f"python -m cnn_lessons data fetch cifar10 --root {tmp_path}" in complaints[0]
        assert "%env" not in complaints[0]
    assert not list(tmp_path.iterdir())


def test_data_folder_that_is_a_file_or_nobodys_home_is_named(shell, tmp_path):
    file = tmp_path / "data"
    file.touch()
    code, _, complaints = shell("data fetch mnist --root", file)
    assert code == 1 and f"got the file {file}. Name its folder." in complaints[0]
    code, out, _ = shell("doctor --root", file)
    assert code == 1 and f"--root names {file}, which is no folder" in out
    code, _, complaints = shell("data verify mnist --root ~nobody-of-this-name/data")
    assert code == 1 and len(complaints) == 1 and "nobody's home is known by this ~" in complaints[0]
    code, out, _ = shell("doctor --root ~nobody-of-this-name/data")
    assert code == 1 and "nobody's home is known by this ~" in out


def test_data_verify_names_every_file_that_is_not_good(shell, tmp_path):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "data_batch_2").write_bytes(b"half of it")
    code, out, _ = shell("data verify cifar10 --root", tmp_path)
    states = [line.split()[-1] for line in out.splitlines()[1:-1]]
    assert code == 1 and states == ["missing", "damaged", *["missing"] * 5] and "0 of 7 files are good" in out
    assert shell("data verify shapes")[:2] == (0, "shapes: drawn by the package, no files to verify.\n")


def test_data_describe_and_fetch_tell_of_shapes(shell):
    code, out, _ = shell("data describe shapes")
    assert code == 0 and "shapes: generated" in out and data.shapes().fingerprint() in out
    code, out, _ = shell("data fetch shapes")
    assert code == 0 and "nothing to fetch" in out and "10,000 images to train" in out


def test_data_fetch_fills_the_folder_that_it_is_given(shell, tmp_path, monkeypatch):
    asked, few = [], data.shapes(train=20, test=10)
    monkeypatch.setattr(data, "load", lambda *given, **_: asked.append(given) or few)
    assert shell("data fetch cifar10 --root", tmp_path)[0] == 0
    assert asked == [("cifar10", str(tmp_path))]


def test_doctor_finds_this_machine_in_order(shell, tmp_path):
    code, out, _ = shell("doctor --root", tmp_path)
    assert code == 0 and out.endswith("\nNo problems.\n"), out
    assert f"OK       torch {torch.__version__}" in out and "which fits torch" in out
    assert "precision: auto takes" in out and f"mnist is not in {tmp_path}" in out and "GB free" in out


def test_doctor_names_what_to_mend(shell, tmp_path, monkeypatch):
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    (folder / "train").touch()
    code, out, _ = shell("doctor --root", tmp_path)
    assert code == 1 and "problem  data: cifar100 lacks test, meta, train" in out and out.endswith("\n1 problem.\n")
    monkeypatch.setenv("CNN_LESSONS_DATA", str(tmp_path / "nowhere"))
    code, out, _ = shell("doctor")
    assert code == 1 and "nowhere, which is no folder" in out


def test_doctor_knows_a_drive_that_is_not_there(monkeypatch):
    monkeypatch.setattr(doctor.os.path, "exists", lambda _: False)
    *_, (state, said) = doctor.data_sets("/drive/data")
    assert state == doctor.PROBLEM and "/drive/data is on a drive that is not there" in said


def test_doctor_says_why_a_gpu_is_not_used(tmp_path, monkeypatch):
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert list(doctor.unused_gpu()) == [("note", "CUDA: switched off by CUDA_VISIBLE_DEVICES.")]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    ((level, said),) = doctor.unused_gpu()
    assert level == "problem" and "torch finds no GPU" in said
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla P100")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (6, 0))
    ((level, said),) = doctor.unused_gpu()
    assert level == "problem" and "no code for Tesla P100 (compute capability 6.0)" in said


def test_doctor_tells_a_pair_that_does_not_fit():
    def misfit(name):
        raise RuntimeError("operator torchvision::nms does not exist\nmore")

    def absent(name):
        raise ModuleNotFoundError("No module named 'torchvision'")

    level, sentence = doctor.torchvision(misfit)
    assert level == "problem" and "nms does not exist)" in sentence and "from one index" in sentence
    assert doctor.torchvision(absent)[0] == "note"
    assert doctor.python((3, 9))[0] == "problem" and doctor.python((3, 10))[0] == "OK"
    assert doctor.package("no_such_package")[0] == "problem"


def test_doctor_finds_another_build():
    versions = {"torch": "2.11.0+cpu", "torchvision": "0.26.0+cu128"}
    level, sentence = doctor.torchvision(lambda name: types.SimpleNamespace(__version__=versions[name]))
    assert level == "problem" and "another build" in sentence

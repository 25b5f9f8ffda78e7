import dataclasses
import errno
import json
import os
import random
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_data, tiny_network, tiny_recipe
from torch import nn

from cnn_lessons.models import plain_cifar, resnet_cifar
from cnn_lessons.training import CheckpointError, checkpoint, train
from cnn_lessons.training import history as history_module
from cnn_lessons.training.checkpoint import load_checkpoint, save_checkpoint
from cnn_lessons.training.run import Run

RECIPE = tiny_recipe(validation=40)


def run(path, recipe=RECIPE, network=None, data=None, **options):
    network = network or tiny_network()
    return network, train(
        network, data or tiny_data(), recipe, device="cpu", progress=False, checkpoint=path, **options
    )


@pytest.fixture
def path(tmp_path):
    """A checkpoint of a finished run."""
    run(tmp_path / "run.pt")
    return tmp_path / "run.pt"


def test_run_killed_at_20_random_moments_ends_with_the_same_bits(tmp_path):
    script = Path(__file__).with_name("kill_and_resume.py")
    root = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, script, tmp_path, "1", "20"],
        capture_output=True,
        text=True,
        check=True,
        timeout=500,
        env={**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1"},
    )
    found = json.loads(done.stdout)
    assert found["kills"] == 20 and found["with_checkpoint"] >= 5 and found["weights"] and found["curves"], found


def stop_after(epochs):
    def stop(history):
        if len(history.epochs) == epochs:
            raise KeyboardInterrupt

    return stop


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_stopped_run_goes_on_bit_for_bit(tmp_path, optimizer, precision):
    recipe = dataclasses.replace(RECIPE, optimizer=optimizer, precision=precision, epochs=4.5, schedule="cosine")
    whole, whole_history = run(None, recipe)
    with pytest.raises(KeyboardInterrupt, match="holds 2 whole epochs; the same call goes on from there"):
        run(tmp_path / "run.pt", recipe, on_epoch_end=stop_after(2))
    network, history = run(tmp_path / "run.pt", recipe)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, network.state_dict()[name]), name
    assert history.loss_curve == whole_history.loss_curve and history.test == whole_history.test


def test_best_weights_from_before_the_stop_are_remembered(tmp_path):
    recipe = dataclasses.replace(RECIPE, epochs=7, lr=0.5)  # a rate too high to end with the best weights
    whole, history = run(None, recipe)
    best = history.provenance["chosen_epoch"]
    assert best < 7
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run.pt", recipe, on_epoch_end=stop_after(best))
    network, resumed = run(tmp_path / "run.pt", recipe)
    assert resumed.provenance["chosen_epoch"] == best
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in whole.state_dict().items())


def test_finished_run_is_not_trained_again(path):
    network = tiny_network()
    calls = []
    network.register_forward_pre_hook(lambda module, args: calls.append(1))
    _, history = run(path, network=network)
    assert not calls and len(history.epochs) == 3 and history.test
    assert all(torch.equal(v, network.state_dict()[n]) for n, v in run(None)[0].state_dict().items())


def test_resume_false_begins_anew(path):
    before = path.read_bytes()
    run(path, dataclasses.replace(RECIPE, lr=0.01), resume=False)
    assert path.read_bytes() != before
    assert load_checkpoint(path)["history"].count('"lr": 0.01')


def test_stop_says_how_to_go_on_and_counts_what_the_file_holds(path, monkeypatch):
    with pytest.raises(KeyboardInterrupt, match="holds 2 whole epochs; the same call without resume=False goes on"):
        run(path, resume=False, on_epoch_end=stop_after(2))
    save = Run.save

    def stopped(self, where):  # the third epoch is over, and not yet written
        if len(self.history.epochs) == 3:
            raise KeyboardInterrupt
        save(self, where)

    monkeypatch.setattr(Run, "save", stopped)
    with pytest.raises(KeyboardInterrupt, match="holds 2 whole epochs; the same call goes on"):
        run(path)


def test_run_that_goes_on_elsewhere_says_so(tmp_path, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run.pt", on_epoch_end=stop_after(2))
    monkeypatch.setattr(history_module, "device_name", lambda device: "another machine")
    _, history = run(tmp_path / "run.pt")
    assert history.provenance["resumed"] == [{"after_epoch": 2, "device_name": "another machine"}]
    assert history.provenance["device_name"] != "another machine"
    monkeypatch.setattr(history_module, "device_name", lambda device: "a third machine")
    assert run(tmp_path / "run.pt")[1].provenance == history.provenance  # nothing was left to do


def test_run_that_comes_back_says_so_too(tmp_path, monkeypatch):
    def go_on(machine, epochs):
        monkeypatch.setattr(history_module, "device_name", lambda device: machine)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "run.pt", tiny_recipe(epochs=4), on_epoch_end=stop_after(epochs))

    for epochs, machine in enumerate(("here", "there", "here"), start=1):
        go_on(machine, epochs)
    _, history = run(tmp_path / "run.pt", tiny_recipe(epochs=4))
    assert history.provenance["device_name"] == "here"
    assert history.provenance["resumed"] == [
        {"after_epoch": 1, "device_name": "there"},
        {"after_epoch": 2, "device_name": "here"},
    ]


def test_layers_are_compared_with_those_that_this_torch_described(tmp_path, monkeypatch):
    path, recipe = tmp_path / "run.pt", tiny_recipe(epochs=4)

    def go_on(torch_version, epochs):
        monkeypatch.setattr(torch, "__version__", torch_version)
        with pytest.raises(KeyboardInterrupt):
            run(path, recipe, on_epoch_end=stop_after(epochs))

    go_on("2.11.0", 1)
    go_on("2.15.0", 2)
    other = tiny_network()
    other[2] = nn.Tanh()  # weights that fit, and another function
    with pytest.raises(CheckpointError, match="The network differs: expected .*Tanh"):
        run(path, recipe, network=other)
    monkeypatch.setattr(nn.ReLU, "extra_repr", lambda relu: "described otherwise")
    go_on("2.11.0", 3)


@pytest.mark.parametrize("lacks", ["processes", "recipe.gamma"])
def test_checkpoint_from_before_a_field_was_there_goes_on(tmp_path, lacks):
    path = tmp_path / "run.pt"
    with pytest.raises(KeyboardInterrupt):
        run(path, on_epoch_end=stop_after(1))
    state = load_checkpoint(path)
    history = json.loads(state["history"])
    *inside, field = lacks.split(".")
    del (history["provenance"]["recipe"] if inside else history["provenance"])[field]
    save_checkpoint(path, state | {"history": json.dumps(history)})
    made = run(path)[1]
    assert len(made.epochs) == RECIPE.epochs and made.provenance["processes"] == 1 and "resumed" not in made.provenance
    assert made.provenance["recipe"] == RECIPE.to_dict()


def test_checkpoint_on_a_drive_that_is_not_mounted_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoint, "DRIVE", str(tmp_path))
    with pytest.raises(CheckpointError, match=r"expected your Google Drive.*drive\.mount"):
        run(tmp_path / "MyDrive" / "run.pt")
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(os.path, "ismount", lambda path: path == str(tmp_path))
    run(tmp_path / "MyDrive" / "run.pt")


def test_run_begun_in_another_format_goes_on_in_float16(tmp_path, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run.pt", on_epoch_end=stop_after(1))

    class Enabled(torch.amp.GradScaler):  # as on a T4: an empty state is refused
        def load_state_dict(self, state):
            if not state:
                raise RuntimeError("The source state dict is empty")

    monkeypatch.setattr(torch.amp, "GradScaler", Enabled)
    assert len(run(tmp_path / "run.pt")[1].epochs) == RECIPE.epochs


def test_stop_without_checkpoint_says_that_nothing_was_saved():
    with pytest.raises(KeyboardInterrupt, match="Nothing was saved"):
        run(None, on_epoch_end=stop_after(1))


def test_folder_is_made_and_nothing_else_is_left_in_it(tmp_path):
    run(tmp_path / "new" / "deep" / "run.pt")
    assert [p.name for p in (tmp_path / "new" / "deep").iterdir()] == ["run.pt"]


def refused(path, words, **changes):
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=words) as caught:
        run(path, **changes)
    assert str(path) in str(caught.value) and "resume=False" in str(caught.value)
    assert path.read_bytes() == before, "a refused checkpoint must stay as it is"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_truncated_checkpoint_is_refused(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    refused(path, "expected a whole file, got a damaged one")


def test_altered_byte_in_any_stored_value_is_refused(path):
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if entry.file_size]
    for entry in random.Random(0).sample(entries, 12):
        name_and_extra = whole[entry.header_offset + 26 : entry.header_offset + 30]
        start = entry.header_offset + 30 + int.from_bytes(name_and_extra[:2], "little")
        at = start + int.from_bytes(name_and_extra[2:], "little") + entry.file_size // 2
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        refused(path, "expected a whole file, got a damaged one")


def test_foreign_files_are_refused(path):
    torch.save(tiny_network().state_dict(), path)
    refused(path, "got a foreign file .weights without a run")
    torch.save([1, 2], path)
    refused(path, "got a foreign file .list")
    torch.save(nn.Linear(2, 2), path)  # a pickle that could run code
    refused(path, r"got a pickled object, perhaps a whole model, which torch refuses to load\. Pass another path")


def test_file_of_another_kind_is_left_to_its_owner(path):
    path.write_text("hello")
    with pytest.raises(CheckpointError, match="a file of another kind, which is left as it is") as caught:
        run(path)
    assert "resume=False" not in str(caught.value) and path.read_text() == "hello"


def test_future_version_is_refused(path):
    state = torch.load(path, weights_only=True)
    torch.save(state | {"version": 2}, path)
    refused(path, "expected version 1, got version 2 from a newer cnn_lessons")
    history = json.loads(state["history"]) | {"version": 99}
    torch.save(state | {"history": json.dumps(history)}, path)
    refused(path, "history: expected 'cnn_lessons history' version 1, got .* version 99")


@pytest.mark.parametrize("part", ["optimizer", "history"])
def test_checkpoint_that_lacks_a_part_is_refused(path, part):
    state = torch.load(path, weights_only=True)
    del state[part]
    torch.save(state, path)
    refused(path, f"expected a whole run, got one without {part}")


def test_scraps_of_killed_runs_are_cleared_when_they_are_old(path):
    mine, others = (path.with_name(f".{name}.77.writing") for name in ("run.pt", "other.pt"))
    for age, left in (0, {mine, others, path}), (48, {others, path}):  # hours
        for scrap in mine, others:
            scrap.touch()
            os.utime(scrap, (time.time() - age * 3600,) * 2)
        checkpoint.check_writable(path)
        assert set(path.parent.iterdir()) == left


def test_two_that_write_to_one_path_do_not_tear_it(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    with checkpoint.written_whole(path) as mine:
        mine.write_text("mine")
        monkeypatch.setattr(os, "getpid", lambda: 0)  # another process, in between
        with checkpoint.written_whole(path) as theirs:
            theirs.write_text("theirs")
        assert path.read_text() == "theirs"
    assert path.read_text() == "mine"


def test_checkpoint_of_another_run_is_refused(path):
    other_lr = dataclasses.replace(RECIPE, lr=0.01, epochs=9)
    refused(path, r"recipe differs: expected epochs=9, got epochs=3; lr=0.01, got lr=0.05", recipe=other_lr)
    refused(path, "images differ: expected tiny", data=tiny_data(204))
    wider = nn.Sequential(nn.Conv2d(3, 9, 3, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(9, 4))
    refused(path, r"network differs: expected \(9, 3, 3, 3\) for 0.weight, got \(8, 3, 3, 3\)", network=wider)
    unmoved = dataclasses.replace(tiny_data(), mean=(0.0,) * 3)
    refused(path, r"The data's mean: expected \[0.0, 0.0, 0.0\], got \[0.4", data=unmoved)
    bolder = tiny_network(dropout=0.5)  # the same weights
    refused(path, r"network differs: expected \(3\): Dropout\(p=0.5.*got \(3\): Dropout\(p=0.2", network=bolder)


def test_checkpoint_with_other_parts_frozen_is_refused_and_the_network_stays(path):
    frozen = tiny_network()
    frozen[0].requires_grad_(False)
    before = frozen[0].weight.clone()
    refused(path, r"expected \d+ parameters to learn, got \d+; other parts are frozen", network=frozen)
    assert torch.equal(frozen[0].weight, before)


def test_checkpoint_that_cannot_be_read_is_not_called_damaged(path, monkeypatch):
    opened = Path.open

    def refuse(self, mode="r", *rest, **options):
        if self == path and mode == "rb":
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(self, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(CheckpointError, match="expected a file that can be read, got: .*Permission denied") as caught:
        run(path)
    assert "overwrite" not in str(caught.value)


def test_checkpoint_of_the_network_without_shortcuts_is_refused(tmp_path):
    recipe = dataclasses.replace(RECIPE, epochs=1)
    run(tmp_path / "run.pt", recipe, resnet_cifar(8, num_classes=4))
    refused(tmp_path / "run.pt", "network differs", recipe=recipe, network=plain_cifar(8, num_classes=4))


def test_run_with_a_number_of_numpy_goes_on(tmp_path):
    recipe = tiny_recipe(lr=np.float64(0.05), schedule="step", milestones=(np.float64(1.5),))
    run(tmp_path / "run.pt", dataclasses.replace(recipe, epochs=3))
    assert len(run(tmp_path / "run.pt", recipe)[1].epochs) == 3


def test_link_stays_a_link(tmp_path):
    (tmp_path / "large disk").mkdir()
    (tmp_path / "run.pt").symlink_to(tmp_path / "large disk" / "run.pt")
    run(tmp_path / "run.pt")
    assert (tmp_path / "run.pt").is_symlink() and load_checkpoint(tmp_path / "large disk" / "run.pt")


def test_history_is_written_whole_or_not_at_all(path, monkeypatch):
    _, history = run(path)
    kept = path.with_name("run.json")
    history.save(kept)
    before = kept.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        history.save(kept)
    assert kept.read_bytes() == before and {p.name for p in path.parent.iterdir()} == {path.name, kept.name}


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_full_disk_leaves_the_old_checkpoint_and_no_scraps(path, monkeypatch, fails):
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, fails, full)
    with pytest.raises(CheckpointError, match="No space left on device.*Free some space"):
        save_checkpoint(path, {"model": {}})
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == [path.name]


def test_folder_that_cannot_be_written_is_named_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    network = tiny_network()
    network.register_forward_pre_hook(lambda module, args: pytest.fail("it has begun to train"))
    with pytest.raises(CheckpointError, match="expected a folder that can be written to"):
        run(tmp_path / "file" / "run.pt", network=network)
    with pytest.raises(CheckpointError, match="expected a file, got a folder"):
        run(tmp_path, network=network, resume=False)

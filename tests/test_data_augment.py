"""Crop, flip and normalisation: pixel by pixel against torchvision's transforms, and in distribution."""

import math
import time

import pytest
import torch
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as oracle

from cnn_lessons.data import augment, normalise, random_crop, random_flip

MODES = {"zeros": "constant", "reflect": "reflect"}
fills = pytest.mark.parametrize("fill", MODES)
formats = pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def distinct(number, channels=1):
    """Return images all alike, in which no pixel equals another and none is 0."""
    one = torch.arange(1, channels * 6 * 8 + 1, dtype=torch.uint8).reshape(1, channels, 6, 8)
    return one.repeat(number, 1, 1, 1)


def all_crops(image, padding, fill):
    """Return torchvision's crops of one image, (H, W) windows at every offset, rows first."""
    padded = oracle.pad(image, [padding] * 4, padding_mode=MODES[fill])
    places = range(2 * padding + 1)
    return torch.stack([oracle.crop(padded, y, x, *image.shape[-2:]) for y in places for x in places])


def which(crops, candidates):
    """Return, for each crop, which candidate it equals; every crop must equal exactly one."""
    equal = (crops[:, None] == candidates[None]).flatten(2).all(2)
    assert (equal.sum(1) == 1).all()
    return equal.int().argmax(1)


def assert_uniform(drawn, cells):
    """Chi-square against equally likely cells; with a fixed seed the limit of 4 deviations either holds or does not."""
    counts = torch.bincount(drawn, minlength=cells).double()
    expected = len(drawn) / cells
    chi_square = ((counts - expected) ** 2 / expected).sum().item()
    assert len(counts) == cells
    assert abs(chi_square - (cells - 1)) < 4 * (2 * (cells - 1)) ** 0.5


@fills
@pytest.mark.parametrize("padding", [0, 1, 4])
def test_crop_at_each_offset_is_torchvisions_pixel_by_pixel(padding, fill):
    images = torch.randint(0, 256, ((2 * padding + 1) ** 2, 3, 7, 5), generator=seeded(), dtype=torch.uint8)
    places = torch.arange(2 * padding + 1)
    offsets = torch.cartesian_prod(places, places).T
    got = augment._crop(images, offsets, padding, fill)
    for image, crop, (y, x) in zip(images, got, offsets.T.tolist(), strict=True):
        padded = oracle.pad(image, [padding] * 4, padding_mode=MODES[fill])
        assert torch.equal(crop, oracle.crop(padded, y, x, 7, 5))


@fills
def test_crop_reaches_every_window_equally_often_as_torchvision_does(fill):
    images = distinct(8_100)
    candidates = all_crops(images[0], 4, fill)
    drawn = which(random_crop(images, 4, seeded(), fill), candidates)
    assert_uniform(drawn, 81)
    transform = v2.RandomCrop((6, 8), padding=4, padding_mode=MODES[fill])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = which(torch.stack([transform(images[0]) for _ in range(1500)]), candidates)
    assert set(theirs.tolist()) == set(drawn.tolist())  # 1500 draws miss none of 81


def test_crop_of_an_image_says_nothing_about_the_crop_of_the_next():
    images = distinct(8_100)
    drawn = which(random_crop(images, 1, seeded(1)), all_crops(images[0], 1, "zeros"))
    assert_uniform(9 * drawn[:-1] + drawn[1:], 81)
    assert_uniform(drawn, 9)


def test_flip_mirrors_each_image_or_leaves_it_with_equal_chance():
    images = distinct(8_000)
    candidates = torch.stack([images[0], oracle.horizontal_flip(images[0])])
    drawn = which(random_flip(images, seeded()), candidates)
    assert_uniform(drawn, 2)
    assert_uniform(2 * drawn[:-1] + drawn[1:], 4)


@formats
@fills
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
def test_augmentation_keeps_dtype_layout_and_its_input(dtype, fill, layout):
    images = distinct(20, 3).to(dtype).contiguous(memory_format=layout)
    before = images.clone()
    for out in (random_crop(images, 3, seeded(), fill), random_flip(images, seeded())):
        assert out.shape == images.shape and out.dtype == dtype and out.is_contiguous(memory_format=layout)
        assert torch.equal(images, before)
        out.zero_()  # new memory
        assert torch.equal(images, before)


@formats
def test_augmentation_does_not_depend_on_the_layout(layout):
    images = torch.randint(0, 256, (50, 3, 9, 9), generator=seeded(), dtype=torch.uint8)
    laid_out = images.contiguous(memory_format=layout)
    assert torch.equal(random_crop(images, 2, seeded(3)), random_crop(laid_out, 2, seeded(3)))
    assert torch.equal(random_flip(images, seeded(3)), random_flip(laid_out, seeded(3)))


def test_same_generator_state_gives_the_same_augmentation_and_another_another():
    images = torch.randint(0, 256, (50, 1, 9, 9), generator=seeded(), dtype=torch.uint8)
    for function in (lambda g: random_crop(images, 4, g), lambda g: random_flip(images, g)):
        generator = seeded(5)
        first, second = function(generator), function(generator)
        assert torch.equal(first, function(seeded(5))) and not torch.equal(first, second)


def test_augmentation_accepts_a_batch_of_none():
    empty = torch.zeros(0, 3, 8, 8, dtype=torch.uint8)
    assert random_crop(empty, 2, seeded()).shape == random_flip(empty, seeded()).shape == empty.shape


@pytest.mark.cuda
@fills
@formats
def test_augmentation_on_a_gpu_equals_that_on_the_cpu(fill, layout):
    images = torch.randint(0, 256, (64, 3, 32, 32), generator=seeded(), dtype=torch.uint8)
    there = images.cuda().contiguous(memory_format=layout)
    crops, flips = random_crop(there, 4, seeded(1), fill), random_flip(there, seeded(1))
    assert crops.is_cuda and crops.is_contiguous(memory_format=layout)
    assert torch.equal(crops.cpu(), random_crop(images, 4, seeded(1), fill))
    assert torch.equal(flips.cpu(), random_flip(images, seeded(1)))
    statistics = (0.4, 0.5, 0.6), (0.2, 0.3, 0.25)
    torch.testing.assert_close(normalise(there, *statistics).cpu(), normalise(images, *statistics))


@pytest.mark.cuda
@fills
def test_augmentation_does_not_wait_for_the_gpu(fill):
    images = torch.zeros(64, 3, 32, 32, dtype=torch.uint8, device="cuda")
    torch.cuda.set_sync_debug_mode("error")
    try:
        normalise(random_flip(random_crop(images, 4, seeded(), fill), seeded()), (0.4, 0.5, 0.6), (0.2, 0.3, 0.25))
    finally:
        torch.cuda.set_sync_debug_mode("default")


@formats
def test_normalise_is_torchvisions(layout):
    images = torch.randint(0, 256, (8, 3, 16, 16), generator=seeded(), dtype=torch.uint8)
    images[0, 0, 0, 0], images[0, 0, 0, 1] = 0, 255
    mean, std = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
    got = normalise(images.contiguous(memory_format=layout), mean, std)
    expected = oracle.normalize(images.double() / 255, mean, std)
    assert got.dtype == torch.float32 and got.is_contiguous(memory_format=layout)
    torch.testing.assert_close(got.double(), expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: random_crop(x[0], 4, seeded()), "expected images of shape (N, C, H, W), got shape (3, 8, 8)"),
        (lambda x: random_crop(x, -1, seeded()), "padding: expected at least 0, got -1"),
        (lambda x: random_crop(x, 2, seeded(), "edge"), "fill: expected one of zeros, reflect, got 'edge'"),
        (lambda x: random_crop(x, 8, seeded(), "reflect"), "padding: expected less than the image's 8 pixels, got 8"),
        (lambda x: random_flip([1], seeded()), "random_flip: expected images of shape (N, C, H, W), got list"),
        (lambda x: normalise(x.float(), (0,) * 3, (1,) * 3), "expected uint8 images, 0 to 255, got torch.float32"),
        (lambda x: normalise(x, (0.5,), (0.5,)), "a mean and a std for each of 3 channels, got (0.5,) and (0.5,)"),
        (lambda x: normalise(x, 0.5, 0.5), "a mean and a std for each of 3 channels, got 0.5 and 0.5"),
        (lambda x: normalise(x, (0.5,) * 3, (0.5, 0.0, 0.5)), "expected stds above 0"),
        (lambda x: normalise(x, (0.5,) * 3, (0.5, -1.0, 0.5)), "expected stds above 0"),
        (lambda x: normalise(x, (0.5,) * 3, (0.5, math.nan, 0.5)), "expected stds above 0"),
    ],
)
def test_augmentation_refuses_what_makes_no_sense(call, says):
    with pytest.raises(ValueError) as refusal:
        call(torch.zeros(2, 3, 8, 8, dtype=torch.uint8))
    assert says in str(refusal.value)


def test_batchwise_augmentation_is_three_times_as_fast_as_image_by_image():
    images = torch.randint(0, 256, (128, 3, 32, 32), generator=seeded(), dtype=torch.uint8)
    one_by_one = v2.Compose([v2.RandomCrop(32, padding=4), v2.RandomHorizontalFlip()])
    generator = seeded()

    def seconds(step):
        times = []
        for _ in range(5):
            start = time.process_time()  # other programs do not count
            step()
            times.append(time.process_time() - start)
        return min(times)

    theirs = seconds(lambda: torch.stack([one_by_one(image) for image in images]))
    ours = seconds(lambda: random_flip(random_crop(images, 4, generator), generator))
    assert ours < theirs / 3, f"{128 / ours:.0f} against {128 / theirs:.0f} images/s"

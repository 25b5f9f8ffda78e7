"""The split, the statistics and the fingerprint of a data set."""

import hashlib

import pytest
import torch

from cnn_lessons.data import ImageData, Images, channel_statistics, split


def numbered(labels):
    """Return images that hold their own index."""
    index = torch.arange(len(labels))
    pixels = torch.stack([index // 256, index % 256], 1).to(torch.uint8)
    return Images(pixels[:, :, None, None], torch.as_tensor(labels))


def indices(part):
    return (part.images[:, 0].long() * 256 + part.images[:, 1].long()).flatten().tolist()


def small(seed=0):
    pixels = torch.randint(0, 256, (9, 3, 4, 5), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    labels = torch.arange(9) % 3
    train, test = Images(pixels[:6], labels[:6]), Images(pixels[6:], labels[6:])
    return ImageData(train, test, ("a", "b", "c"), *channel_statistics(pixels[:6]), name="small", generated=True)


def test_split_divides_without_loss_in_the_order_there_was():
    part = numbered([i % 10 for i in range(1000)])
    training, held_out = split(part, 150, seed=3)
    assert len(training.labels) == 850 and len(held_out.labels) == 150
    assert sorted(indices(training) + indices(held_out)) == list(range(1000))
    for piece in (training, held_out):
        assert indices(piece) == sorted(indices(piece))
        assert [i % 10 for i in indices(piece)] == piece.labels.tolist()  # each image keeps its label


@pytest.mark.parametrize("validation", [0, 1, 7, 100, 333, 599])
def test_split_gives_every_class_its_share_to_within_one(validation):
    counts = [300, 200, 0, 99, 1]
    part = numbered([label for label, count in enumerate(counts) for _ in range(count)])
    _, held_out = split(part, validation)
    got = torch.bincount(held_out.labels, minlength=5).tolist()
    assert sum(got) == validation
    assert all(abs(g - count * validation / 600) < 1 for g, count in zip(got, counts, strict=True))


def test_split_depends_on_the_seed_and_on_nothing_else():
    part = numbered([i % 10 for i in range(1000)])
    chosen = [indices(split(part, 20, seed)[1]) for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]
    known = [11, 92, 108, 196, 269, 403, 504, 523, 569, 600, 608, 632, 657, 744, 777, 836, 850, 855, 921, 935]
    assert chosen[0] == known  # on every machine, with every version of torch and NumPy


def test_split_holds_out_by_chance():
    part = numbered([0] * 1000)
    often = torch.zeros(1000)
    for seed in range(200):
        often[indices(split(part, 100, seed)[1])] += 1
    assert often.min() >= 5 and often.max() <= 40  # 20 expected, deviation 4.2


@pytest.mark.parametrize(
    ("validation", "says"),
    [
        (10, "validation: expected fewer than the 10 images there are, got 10"),
        (-1, "validation: expected at least 0, got -1"),
        (0.1, "validation: expected an integer of at least 0, got 0.1"),
    ],
)
def test_split_refuses_a_number_it_cannot_hold_out(validation, says):
    with pytest.raises(ValueError) as refusal:
        split(numbered([0] * 10), validation)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda part: small(), "split: expected Images, such as data.train, got ImageData"),
        (lambda part: Images(part.images[:5], part.labels), "a label for each image, got 5 images, 10 labels"),
        (lambda part: Images(part.images, part.labels - 1), "split: expected labels from 0, got -1"),
        (lambda part: Images(part.images, part.labels.float()), "labels (N,), integers, got (10,) of torch.float32"),
        (lambda part: Images(part.images, part.labels[:, None]), "labels (N,), integers, got (10, 1) of torch.int64"),
    ],
)
def test_split_refuses_what_is_no_images_with_their_labels(change, says):
    with pytest.raises(ValueError) as refusal:
        split(change(numbered([0, 1] * 5)), 2)
    assert says in str(refusal.value)


def test_channel_statistics_are_those_of_all_pixels():
    pixels = torch.randint(0, 256, (40, 3, 9, 7), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    pixels[:, 1] //= 3
    mean, std = channel_statistics(pixels)
    scaled = pixels.double() / 255
    torch.testing.assert_close(torch.tensor(mean).double(), scaled.mean((0, 2, 3)), rtol=1e-6, atol=0)
    torch.testing.assert_close(torch.tensor(std).double(), scaled.std((0, 2, 3), correction=0), rtol=1e-6, atol=0)


def test_channel_statistics_are_exact_where_sums_of_floats_are_not():
    flat = torch.full((300, 1, 100, 100), 77, dtype=torch.uint8)
    assert channel_statistics(flat) == ((77 / 255,), (0.0,))
    flat[0, 0, 0, 0] = 78
    assert channel_statistics(flat)[1][0] == pytest.approx((3e6 - 1) ** 0.5 / 3e6 / 255, rel=1e-14)


@pytest.mark.parametrize(
    ("images", "got"),
    [
        (torch.zeros(2, 3, 4, 4), "torch.float32 of (2, 3, 4, 4)"),
        (torch.zeros(3, 4, 4, dtype=torch.uint8), "torch.uint8 of (3, 4, 4)"),
        (torch.zeros(2, 3, 4, 4, dtype=torch.uint8).numpy(), "ndarray"),
    ],
)
def test_channel_statistics_refuse_what_is_no_batch_of_bytes(images, got):
    with pytest.raises(ValueError) as refusal:
        channel_statistics(images)
    assert f"channel_statistics: expected a uint8 tensor of images (N, C, H, W), got {got}" in str(refusal.value)


def test_fingerprint_is_the_sha256_of_shapes_and_bytes():
    data, digest = small(), hashlib.sha256()
    for array in (*data.train, *data.test):
        digest.update(str(tuple(array.shape)).encode() + array.numpy().tobytes())
    assert data.fingerprint() == digest.hexdigest()[:16]


def test_fingerprint_tells_any_other_data_apart():
    data = small()
    known = {data.fingerprint()}
    for part, field in ((data.train, "images"), (data.train, "labels"), (data.test, "images"), (data.test, "labels")):
        getattr(part, field).view(-1)[-1] += 1
        known.add(data.fingerprint())
    known.add(small(seed=1).fingerprint())
    turned = small()
    turned = ImageData(
        Images(turned.train.images.reshape(6, 3, 5, 4), turned.train.labels), turned.test, (), (), (), "", True
    )
    known.add(turned.fingerprint())
    assert len(known) == 7


def test_fingerprint_does_not_see_the_layout_in_memory():
    data = small()
    last = Images(data.train.images.contiguous(memory_format=torch.channels_last), data.train.labels)
    assert ImageData(last, data.test, (), (), (), "", True).fingerprint() == data.fingerprint()

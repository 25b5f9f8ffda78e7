"""Wrong answers to the exercises of chapter 01."""

import numpy
import torch
import torch.nn.functional as F

from . import wrong

BT601 = (0.299, 0.587, 0.114)


@wrong("to_nchw", says="no number moved")
def reshapes(image):
    h, w, c = image.shape
    return image.reshape(1, c, h, w).float() / 255


@wrong("to_nchw", says="no number moved")
def views(image):
    return image.view(1, image.shape[2], image.shape[0], image.shape[1]) / 255


@wrong("to_nchw", says="exchanged height and width")
def reverses_all_axes(image):
    return image.permute(2, 1, 0)[None] / 255


@wrong("to_nchw", says="batch axis is missing")
def no_batch_axis(image):
    return image.permute(2, 0, 1) / 255


@wrong("to_nchw", says="it comes first")
def batch_axis_second(image):
    return image.permute(2, 0, 1).unsqueeze(1).float() / 255


@wrong("to_nchw", says="channels are still last")
def channels_last(image):
    return image[None].float() / 255


@wrong("to_nchw", says="still go up to 255")
def not_divided(image):
    return image.permute(2, 0, 1)[None].float()


@wrong("to_nchw", says="numbers are still whole")
def still_uint8(image):
    return image.permute(2, 0, 1).unsqueeze(0)


@wrong("to_nchw", says="divided by 256")
def divides_by_256(image):
    return image.permute(2, 0, 1)[None] / 256


@wrong("to_nchw", says="own maximum")
def divides_by_maximum(image):
    x = image.permute(2, 0, 1)[None].float()
    return x / x.max()


@wrong("to_nchw", says="fractions are lost")
def divides_whole_numbers(image):
    return (image // 255).permute(2, 0, 1)[None].float()


@wrong("to_nchw", says="−1 … 1")
def stretches_to_minus_one(image):
    return image.permute(2, 0, 1)[None] / 127.5 - 1


@wrong("to_nchw", says="red stays first")
def opencv_habit(image):
    return image[:, :, range(image.shape[2] - 1, -1, -1)].permute(2, 0, 1)[None] / 255


@wrong("to_nchw", says="kept three channels")
def always_three_channels(image):
    return torch.stack([image[..., 0], image[..., 1], image[..., 2]])[None] / 255


@wrong("to_nchw", says="in another dtype")
def double_precision(image):
    return image.permute(2, 0, 1)[None].double() / 255


@wrong("to_nchw", says="got a numpy array")
def numpy_habit(image):
    return numpy.transpose(image.numpy(), (2, 0, 1))[None].astype("float32") / 255


@wrong("to_nchw", says="no room for fractions")
def divides_in_place(image):
    image /= 255
    return image.permute(2, 0, 1)[None]


@wrong("grayscale", says="plain mean")
def plain_mean(x):
    return x.mean(dim=1, keepdim=True)


@wrong("grayscale", says="blue, green, red")
def weights_reversed(x):
    return 0.114 * x[:, 0:1] + 0.587 * x[:, 1:2] + 0.299 * x[:, 2:3]


@wrong("grayscale", says="BT.709")
def weights_of_high_definition(x):
    return 0.2126 * x[:, 0:1] + 0.7152 * x[:, 1:2] + 0.0722 * x[:, 2:3]


@wrong("grayscale", says="0.2989 is a rounding")
def weights_of_a_library(x):
    return 0.2989 * x[:, 0:1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:3]


@wrong("grayscale", says="channel axis is gone")
def loses_the_axis(x):
    return 0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2]


@wrong("grayscale", says="put the channel last")
def channel_last(x):
    return (x.permute(0, 2, 3, 1) @ torch.tensor(BT601, dtype=x.dtype)).unsqueeze(-1)


@wrong("grayscale", says="along the last axis")
def weights_along_the_width(x):
    return (x * torch.tensor(BT601)).sum(dim=1, keepdim=True)


@wrong("grayscale", says="Your weights have another dtype than `x`. Make them with `dtype=x.dtype`.")
def single_precision_weights(x):
    return torch.einsum("c,nchw->nhw", torch.tensor(BT601), x).unsqueeze(1)


@wrong("grayscale", says="Your weights have another dtype than `x`. Make them with `dtype=x.dtype`.")
def double_precision_weights(x):
    return torch.nn.functional.conv2d(x, torch.tensor(BT601, dtype=torch.float64).reshape(1, 3, 1, 1))


@wrong("grayscale", says="along the last axis")
def sums_the_width(x):
    return (x * torch.tensor(BT601)).sum(-1)


@wrong("grayscale", says="repeated the result")
def three_grey_channels(x):
    y = 0.299 * x[:, 0:1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:3]
    return y.expand(-1, 3, -1, -1)


@wrong("grayscale", says="the V of HSV")
def value_of_hsv(x):
    return x.max(dim=1, keepdim=True).values


@wrong("grayscale", says="brightest and the darkest")
def lightness_of_hsl(x):
    return (x.max(1, keepdim=True)[0] + x.min(1, keepdim=True)[0]) / 2


@wrong("grayscale", says="green channel alone")
def green_alone(x):
    return x[:, 1:2]


@wrong("grayscale", says="divided the weighted sum by 3")
def mean_of_weighted(x):
    return (x * torch.tensor(BT601).view(1, 3, 1, 1)).mean(1, keepdim=True)


@wrong("grayscale", says="rounded to whole numbers")
def rounds(x):
    return (0.299 * x[:, 0:1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:3]).round()


@wrong("grayscale", says="changes its input")
def weighs_in_place(x):
    for channel, weight in enumerate(BT601):
        x[:, channel] *= weight
    return x.sum(1, keepdim=True)


@wrong("grayscale", says="gradients cannot flow")
def leaves_the_graph(x):
    return 0.299 * x[:, 0:1].detach() + 0.587 * x[:, 1:2].detach() + 0.114 * x[:, 2:3].detach()


@wrong("grayscale", says="first picture only")
def first_picture_only(x):
    weights = torch.tensor(BT601, dtype=x.dtype)
    return (x[0] * weights[:, None, None]).sum(0)[None, None]


@wrong("normalize", says="along the last axis")
def broadcasts_from_the_right(x, mean, std):
    return (x - mean) / std


@wrong("normalize", says="multiplied by the std")
def multiplies(x, mean, std):
    return (x - mean[:, None, None]) * std[:, None, None]


@wrong("normalize", says="divided before you subtracted")
def divides_first(x, mean, std):
    return x / std.view(-1, 1, 1) - mean.view(-1, 1, 1)


@wrong("normalize", says="divided by the variance")
def divides_by_variance(x, mean, std):
    return (x - mean.view(1, -1, 1, 1)) / std.view(1, -1, 1, 1) ** 2


@wrong("normalize", says="took the root of the std")
def takes_std_for_variance(x, mean, std):
    return F.batch_norm(x, mean, std, eps=1e-12)


@wrong("normalize", says="subtracted the mean and stopped")
def only_centres(x, mean, std):
    return x - mean[:, None, None]


@wrong("normalize", says="cut the result to 0 … 1")
def clamps_normalised(x, mean, std):
    return ((x - mean[:, None, None]) / std[:, None, None]).clamp(0, 1)


@wrong("normalize", says="added the mean")
def adds_the_mean(x, mean, std):
    return (x + mean[:, None, None]) / std[:, None, None]


@wrong("normalize", says="added a small number")
def adds_epsilon(x, mean, std):
    return (x - mean[:, None, None]) / (std[:, None, None] + 1e-5)


@wrong("normalize", says="one mean and one std for all")
def first_channels_numbers(x, mean, std):
    return (x - mean[0].item()) / std[0].item()


@wrong("normalize", says="mean and std of this batch")
def own_statistics(x, mean, std):
    m, s = x.mean(dim=(0, 2, 3), keepdim=True), x.std(dim=(0, 2, 3), keepdim=True)
    return (x - m) / s


@wrong("normalize", says="mean and std of this batch")
def own_statistics_of_everything(x, mean, std):
    return (x - x.mean()) / x.std()


@wrong("normalize", says="changes its input")
def normalises_in_place(x, mean, std):
    for c in range(x.shape[1]):
        x[:, c] = (x[:, c] - mean[c]) / std[c]
    return x


@wrong("normalize", says="first channel only")
def returns_first_channel(x, mean, std):
    for c in range(x.shape[1]):
        return (x[:, c] - mean[c]) / std[c]
    return None


@wrong("normalize", says="cut the path")
def numbers_leave_torch(x, mean, std):
    return torch.stack([(x[:, c] - mean[c].item()) / std[c].item() for c in range(x.shape[1])], dim=1)


@wrong("denormalize", says="along the last axis")
def broadcasts_from_the_right_again(x, mean, std):
    return x * std + mean


@wrong("denormalize", says="before you multiplied")
def same_order_as_before(x, mean, std):
    return (x + mean[:, None, None]) * std[:, None, None]


@wrong("denormalize", says="You subtracted the mean")
def subtracts_the_mean(x, mean, std):
    return x * std[:, None, None] - mean[:, None, None]


@wrong("denormalize", says="You divided by the std")
def divides_again(x, mean, std):
    return x / std[:, None, None] + mean[:, None, None]


@wrong("denormalize", says="normalised once more")
def normalises_again(x, mean, std):
    return (x - mean[:, None, None]) / std[:, None, None]


@wrong("denormalize", says="multiplied by the variance")
def multiplies_by_variance(x, mean, std):
    return x * std[:, None, None].square() + mean[:, None, None]


@wrong("denormalize", says="forgot the mean")
def forgets_the_mean(x, mean, std):
    return x * std[:, None, None]


@wrong("denormalize", says="cut the result to 0 … 1")
def clamps_for_display(x, mean, std):
    return (x * std[:, None, None] + mean[:, None, None]).clamp(0, 1)


@wrong("denormalize", says="went on to 0 … 255")
def back_to_255(x, mean, std):
    return 255 * (x * std[:, None, None] + mean[:, None, None])


@wrong("denormalize", says="one mean and one std for all")
def first_channels_numbers_again(x, mean, std):
    return x * std[0] + mean[0]


@wrong("denormalize", says="changes its input")
def undoes_in_place(x, mean, std):
    return x.mul_(std[:, None, None]).add_(mean[:, None, None])


@wrong("denormalize", says="got a numpy array")
def numpy_all_the_way(x, mean, std):
    return x.numpy() * std.numpy()[:, None, None] + mean.numpy()[:, None, None]


@wrong("channel_statistics", says="every batch the same weight")
def mean_of_batch_means(batches):
    means, stds = [], []
    for x in batches:
        means.append(x.mean(dim=(0, 2, 3)))
        stds.append(x.std(dim=(0, 2, 3), correction=0))
    return torch.stack(means).mean(0), torch.stack(stds).mean(0)


@wrong("channel_statistics", says="every batch the same weight")
def unweighted_mean_squares(batches):
    n, mean, square = 0, 0, 0
    for x in batches:
        mean = mean + x.mean((0, 2, 3))
        square = square + (x**2).mean((0, 2, 3))
        n += 1
    mean = mean / n
    return mean, (square / n - mean**2).sqrt()


@wrong("channel_statistics", says="Your std is a mean of stds")
def mean_of_batch_stds(batches):
    n, mean, std = 0, 0, 0
    for x in batches:
        n += len(x)
        mean = mean + len(x) * x.mean((0, 2, 3))
        std = std + len(x) * x.std((0, 2, 3), unbiased=False)
    return mean / n, std / n


@wrong("channel_statistics", says="Your std is a mean of stds")
def mean_of_picture_stds(batches):  # the widely copied std of CIFAR-10, 0.2023 for 0.2470
    n, mean, std = 0, 0, 0
    for x in batches:
        n += len(x)
        mean = mean + x.mean((2, 3)).sum(0)
        std = std + x.std((2, 3), correction=0).sum(0)
    return mean / n, std / n


@wrong("channel_statistics", says="variances inside the batches")
def pooled_variance(batches):
    n, mean, variance = 0, 0, 0
    for x in batches:
        n += len(x)
        mean = mean + len(x) * x.mean((0, 2, 3))
        variance = variance + len(x) * x.var((0, 2, 3), correction=0)
    return mean / n, (variance / n).sqrt()


@wrong("channel_statistics", says="minus 1, as for a sample")
def sample_std(batches):
    n, total, squares = 0, 0, 0
    for x in batches:
        n += x[:, 0].numel()
        total = total + x.sum((0, 2, 3))
        squares = squares + (x * x).sum((0, 2, 3))
    return total / n, ((squares - total**2 / n) / (n - 1)).sqrt()


@wrong("channel_statistics", says="returned the variance")
def variance_for_std(batches):
    n, total, squares = 0, 0, 0
    for x in batches:
        n += x[:, 0].numel()
        total = total + x.sum((0, 2, 3))
        squares = squares + (x * x).sum((0, 2, 3))
    return total / n, squares / n - (total / n) ** 2


@wrong("channel_statistics", says="root of the mean square")
def forgets_to_subtract(batches):
    n, total, squares = 0, 0, 0
    for x in batches:
        n += x[:, 0].numel()
        total = total + x.sum((0, 2, 3))
        squares = squares + (x * x).sum((0, 2, 3))
    return total / n, (squares / n) ** 0.5


@wrong("channel_statistics", says="number of pictures")
def counts_pictures(batches):
    n, total, squares = 0, 0, 0
    for x in batches:
        n += x.shape[0]
        total = total + x.sum((0, 2, 3))
        squares = squares + (x * x).sum((0, 2, 3))
    mean = total / n
    return mean, (squares / n - mean**2).sqrt()


@wrong("channel_statistics", says="mixed the channels")
def one_number_for_all(batches):
    n, total, squares = 0, 0, 0
    for x in batches:
        n += x.numel()
        total = total + x.sum()
        squares = squares + (x * x).sum()
    mean = total / n
    return mean, (squares / n - mean**2).sqrt()


@wrong("channel_statistics", says="come only once")
def two_passes(batches):
    n, total = 0, 0
    for x in batches:
        n += x[:, 0].numel()
        total = total + x.sum((0, 2, 3))
    mean, deviations = total / n, torch.zeros_like(total)
    for x in batches:
        deviations += ((x - mean[:, None, None]) ** 2).sum((0, 2, 3))
    return mean, (deviations / n).sqrt()


@wrong("channel_statistics", says="batches in memory at once")
def concatenates_everything(batches):
    x = torch.cat(list(batches))
    return x.mean((0, 2, 3)), x.std((0, 2, 3), correction=0)


@wrong("channel_statistics", says="batches together in one tensor")
def concatenates_copies(batches):
    x = torch.cat([batch.transpose(0, 1).flatten(1) for batch in batches], dim=1)
    return x.mean(1), x.std(1, correction=0)


@wrong("channel_statistics", says="batches together in one tensor")
def grows_one_tensor(batches):
    whole = next(batches)
    for batch in batches:
        whole = torch.cat([whole, batch])
    return whole.mean((0, 2, 3)), whole.std((0, 2, 3), correction=0)


@wrong("channel_statistics", says="after the first batch")
def returns_inside_the_loop(batches):
    for x in batches:
        return x.mean((0, 2, 3)), x.std((0, 2, 3), correction=0)
    return None


@wrong("channel_statistics", says="Only the last batch")
def overwrites(batches):
    for x in batches:
        mean, std = x.mean((0, 2, 3)), x.std((0, 2, 3), unbiased=False)
    return mean, std


@wrong("channel_statistics", says="The order is mean, std")
def std_first(batches):
    n, total, squares = 0, 0, 0
    for x in batches:
        n += x[:, 0].numel()
        total = total + x.sum((0, 2, 3))
        squares = squares + (x * x).sum((0, 2, 3))
    mean = total / n
    return (squares / n - mean**2).sqrt(), mean


@wrong("channel_statistics", says="expected 2 results as a tuple")
def mean_alone(batches):
    n, total = 0, 0
    for x in batches:
        n += x[:, 0].numel()
        total = total + x.sum((0, 2, 3))
    return total / n


@wrong("to_picture", says="no number moves")
def the_lab_itself(x):
    _, channels, height, width = x.shape
    levels = (255 * x).clamp(0, 255).to(torch.uint8)
    return levels.reshape(height, width, channels)


@wrong("to_picture", says="no number moves")
def rounds_but_reshapes(x):
    levels = (255 * x[0]).clamp(0, 255).round().to(torch.uint8)
    return levels.view(*levels.shape[1:], -1)


@wrong("to_picture", says="cut off the fraction")
def truncates(x):
    return (255 * x[0]).clamp(0, 255).to(torch.uint8).permute(1, 2, 0)


@wrong("to_picture", says="wrapped round")
def forgets_to_clamp(x):
    return (255 * x[0]).round().to(torch.uint8).permute(1, 2, 0)


@wrong("to_picture", says="exchanged height and width")
def transposes(x):
    return (255 * x[0]).round().clamp(0, 255).to(torch.uint8).transpose(0, 2)


@wrong("to_picture", says="batch axis is still there")
def keeps_the_batch(x):
    return (255 * x).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


@wrong("to_picture", says="channels are still first")
def keeps_channels_first(x):
    return (255 * x[0]).round().clamp(0, 255).to(torch.uint8)


@wrong("to_picture", says="multiplied by 256")
def multiplies_by_256(x):
    return (256 * x[0]).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0)


@wrong("to_picture", says="own darkest and brightest")
def stretches_the_contrast(x):
    x = (x - x.min()) / (x.max() - x.min())
    return (255 * x[0]).round().to(torch.uint8).permute(1, 2, 0)


@wrong("to_picture", says="rounded too early")
def rounds_too_early(x):
    return (255 * x[0].round()).clamp(0, 255).to(torch.uint8).permute(1, 2, 0)


@wrong("to_picture", says="You return floats")
def stays_float(x):
    return x[0].permute(1, 2, 0)


@wrong("to_picture", says="reverse order")
def reverses_channels(x):
    return (255 * x[0].flip(0)).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0)


@wrong("channel_statistics", says="The first batch is missing")
def statistics_peek_first(batches):
    channels = next(iter(batches)).shape[1]
    count, total, squares = 0, torch.zeros(channels).double(), torch.zeros(channels).double()
    for x in batches:
        count += x[:, 0].numel()
        total += x.sum((0, 2, 3))
        squares += (x**2).sum((0, 2, 3))
    mean = total / count
    return mean, (squares / count - mean**2).sqrt()


@wrong("to_nchw", says="You divide only where a number is above 1")
def divided_if_it_looks_undivided(image):
    x = image.permute(2, 0, 1)[None].float()
    return x / 255 if x.max() > 1 else x


@wrong("channel_statistics", says="You divided by the values of all channels together")
def statistics_of_all_values(batches):
    n = total = squares = 0
    for b in batches:
        n += b.numel()
        total += b.sum((0, 2, 3))
        squares += (b**2).sum((0, 2, 3))
    return total / n, (squares / n - (total / n) ** 2).sqrt()


@wrong("normalize", says="You computed in float32 on the way")
def normalize_converted_at_the_end(x, mean, std):
    out = torch.zeros(x.shape)
    for c in range(x.shape[1]):
        out[:, c] = (x[:, c] - mean[c]) / std[c]
    return out.to(x.dtype)


@wrong("denormalize", says="You computed in float32 on the way")
def denormalize_converted_at_the_end(x, mean, std):
    out = torch.zeros(x.shape)
    for c in range(x.shape[1]):
        out[:, c] = x[:, c] * std[c] + mean[c]
    return out.to(x.dtype)


@wrong("to_nchw", says="0 stays 0 and 255 becomes 1, always")
def stretched_contrast(image):
    x = image.permute(2, 0, 1)[None].float()
    return (x - x.min()) / (x.max() - x.min())


@wrong("to_nchw", says="0 stays 0 and 255 becomes 1, always")
def stretched_after_the_division(image):
    x = image.permute(2, 0, 1)[None] / 255
    return (x - x.min()) / (x.max() - x.min())


@wrong("to_nchw", says="permute names each axis of the tensor once")
def names_an_axis_too_many(image):
    return image.permute(0, 3, 1, 2) / 255


@wrong("to_picture", says="is there a batch axis or not?")
def forgets_the_batch_axis(x):
    return (255 * x).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0)


@wrong("to_picture", says="removes every axis of length 1, a single row or channel too")
def squeezes_too_much(x):
    return (255 * x).round().clamp(0, 255).to(torch.uint8).squeeze().permute(1, 2, 0)


@wrong("channel_statistics", says="has no length and no first element")
def statistics_by_length(batches):
    mean = sum(x.mean((0, 2, 3)) for x in batches) / len(batches)
    return mean, mean


@wrong("channel_statistics", says="has no length and no first element")
def statistics_by_index(batches):
    total = torch.zeros(batches[0].shape[1])
    for x in batches:
        total += x.sum((0, 2, 3))
    return total, total

"""Wrong answers to the exercises of chapter 06."""

import statistics
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F

from . import wrong

# training_step


@wrong("training_step", says="The model computes in eval mode")
def step_without_train(model, images, labels, optimizer, loss_fn):
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("training_step", says="Old gradients are still there")
def step_without_zero_grad(model, images, labels, optimizer, loss_fn):
    model.train()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("training_step", says="You forget the old gradients only after the step")
def step_zeroes_at_the_end(model, images, labels, optimizer, loss_fn):
    model.train()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@wrong("training_step", says="zero_grad() stands between backward() and step()")
def step_zeroes_too_late(model, images, labels, optimizer, loss_fn):
    model.train()
    loss = loss_fn(model(images), labels)
    loss.backward()
    model.zero_grad()
    optimizer.step()
    return loss.item()


@wrong("training_step", says="without loss.backward() there are no gradients")
def step_without_backward(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    optimizer.step()
    return loss.item()


@wrong("training_step", says="optimizer.step() uses them")
def step_without_step(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    loss.backward()
    return loss.item()


@wrong("training_step", says="You take a softmax before the loss")
def step_with_softmax(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    probabilities = F.softmax(model(images), dim=-1)
    loss = loss_fn(probabilities, labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("training_step", says="You return the loss after the step")
def step_measures_afterwards(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss_fn(model(images), labels).backward()
    optimizer.step()
    return loss_fn(model(images), labels).item()


@wrong("training_step", says="loss.item() is a plain number")
def step_returns_the_graph(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss


@wrong("training_step", says="Something keeps the gradients from being recorded")
def step_without_grad(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    with torch.no_grad():
        loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("training_step", says="Something keeps the gradients from being recorded")
def step_item_too_early(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels).item()
    loss.backward()
    optimizer.step()
    return loss


@wrong("training_step", says="loss_fn(logits, labels)")
def step_labels_first(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(labels, model(images))
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("training_step", says="argmax has no gradient")
def step_with_argmax(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images).argmax(dim=1), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("training_step", says="You step twice")
def step_twice(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    optimizer.step()
    return loss.item()


@wrong("training_step", says="The optimiser steps before backward()")
def step_before_backward(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    optimizer.step()
    loss.backward()
    return loss.item()


@wrong("training_step", says="Your function does not return the loss")
def step_returns_nothing(model, images, labels, optimizer, loss_fn):
    step_with_return = loss_fn(model.train()(images), labels)
    optimizer.zero_grad()
    step_with_return.backward()
    optimizer.step()


# evaluate_model


@wrong("evaluate_model", says="no_grad() does not replace eval()")
def evaluate_no_grad_only(model, loader):
    right = count = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax(1) == labels).sum().item()
            count += len(labels)
    return right / count


@wrong("evaluate_model", says="eval() does not replace no_grad()")
def evaluate_eval_only(model, loader):
    training, right, count = model.training, 0, 0
    model.eval()
    for images, labels in loader:
        right += (model(images).argmax(1) == labels).sum().item()
        count += len(labels)
    model.train(training)
    return right / count


@wrong("evaluate_model", says="You set neither switch")
def evaluate_as_in_training(model, loader):
    right = [(model(images).argmax(1) == labels).sum().item() for images, labels in loader]
    return sum(right) / len(loader.dataset)


def _rights(model, loader, dim=1):
    """Return what is right in each batch, quietly, and leave the mode as it was."""
    training = model.training
    model.eval()
    with torch.no_grad():
        rights = [(model(images).argmax(dim) == labels).sum().item() for images, labels in loader]
    model.train(training)
    return rights


@wrong("evaluate_model", says="You average the accuracies of the batches")
def evaluate_mean_of_means(model, loader):
    sizes = [len(labels) for _, labels in loader]
    return statistics.mean(right / size for right, size in zip(_rights(model, loader), sizes, strict=True))


@wrong("evaluate_model", says="You take every batch to be as large as the first")
def evaluate_full_batches(model, loader):
    return sum(_rights(model, loader)) / (len(loader) * loader.batch_size)


@wrong("evaluate_model", says="You divide by the number of batches")
def evaluate_by_batches(model, loader):
    return sum(_rights(model, loader)) / len(loader)


@wrong("evaluate_model", says="You return percent")
def evaluate_percent(model, loader):
    return 100 * sum(_rights(model, loader)) / len(loader.dataset)


@wrong("evaluate_model", says="You return the count")
def evaluate_count(model, loader):
    return sum(_rights(model, loader))


@wrong("evaluate_model", says="Only the last batch counts")
def evaluate_last_batch(model, loader):
    training = model.training
    model.eval()
    with torch.no_grad():
        for images, labels in loader:
            right = count = 0
            right += (model(images).argmax(1) == labels).sum().item()
            count += len(labels)
    model.train(training)
    return right / count


@wrong("evaluate_model", says="Is `return` inside the loop?")
def evaluate_first_batch(model, loader):
    training = model.training
    model.eval()
    with torch.no_grad():
        for images, labels in loader:
            right = (model(images).argmax(1) == labels).float().mean().item()
            model.train(training)
            return right
    return 0.0


@wrong("evaluate_model", says="You leave the model in eval mode")
def evaluate_stays_in_eval(model, loader):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax(1) == labels).sum().item()
            count += len(labels)
    return right / count


@wrong("evaluate_model", says="You always end in training mode")
def evaluate_ends_in_training(model, loader):
    fraction = sum(_rights(model, loader)) / len(loader.dataset)
    model.train()
    return fraction


@wrong("evaluate_model", says="argmax looks along the wrong axis")
def evaluate_wrong_axis(model, loader):
    return sum(_rights(model, loader, dim=0)) / len(loader.dataset)


@wrong("evaluate_model", says="the error, not the accuracy")
def evaluate_error(model, loader):
    return 1 - sum(_rights(model, loader)) / len(loader.dataset)


@wrong("evaluate_model", says="return the fraction after the loop")
def evaluate_forgets_to_return(model, loader):
    fraction = sum(_rights(model, loader)) / len(loader.dataset)  # noqa: F841


# step_lr


@wrong("step_lr", says="divide with //")
def lr_falls_smoothly(lr, epoch, step_size, gamma):
    return lr * gamma ** (epoch / step_size)


@wrong("step_lr", says="Your steps come one epoch early")
def lr_one_early(lr, epoch, step_size, gamma):
    return lr * gamma ** ((epoch + 1) // step_size)


@wrong("step_lr", says="Your steps come one epoch late")
def lr_one_late(lr, epoch, step_size, gamma):
    for past in range(1, epoch):
        if past % step_size == 0:
            lr = lr * gamma
    return lr


@wrong("step_lr", says="You multiply by gamma in every epoch")
def lr_every_epoch(lr, epoch, step_size, gamma):
    for _ in range(epoch):
        lr *= gamma
    return lr


@wrong("step_lr", says="% gives the rest")
def lr_with_the_rest(lr, epoch, step_size, gamma):
    return lr * gamma ** (epoch % step_size)


@wrong("step_lr", says="Two steps are gamma · gamma")
def lr_linear(lr, epoch, step_size, gamma):
    steps = epoch // step_size
    return lr * gamma * steps if steps else lr


@wrong("step_lr", says="The rate falls once and never again")
def lr_falls_once(lr, epoch, step_size, gamma):
    if epoch < step_size:
        return lr
    return lr * gamma


@wrong("step_lr", says="back at the start in the next")
def lr_only_on_the_epoch(lr, epoch, step_size, gamma):
    if epoch > 0 and epoch % step_size == 0:
        lr = lr * gamma
    return lr


@wrong("step_lr", says="You counted the first epoch as a step too")
def lr_once_too_often(lr, epoch, step_size, gamma):
    for past in range(epoch + 1):
        if past % step_size == 0:
            lr *= gamma
    return lr


@wrong("step_lr", says="You divide by gamma")
def lr_grows(lr, epoch, step_size, gamma):
    return lr / gamma ** (epoch // step_size)


@wrong("step_lr", says="You subtract in every step")
def lr_subtracts(lr, epoch, step_size, gamma):
    return lr - (epoch // step_size) * gamma


@wrong("step_lr", says="called torch's StepLR")
def lr_of_torch(lr, epoch, step_size, gamma):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size, gamma)
    for _ in range(epoch):
        optimizer.step()
        scheduler.step()
    return scheduler.get_last_lr()[0]


# average_loss


@wrong("average_loss", says="too small by about the batch size")
def loss_of_the_tutorial(batch_losses, batch_sizes):
    return sum(batch_losses) / sum(batch_sizes)


@wrong("average_loss", says="You take the mean of the batch means")
def loss_mean_of_means(batch_losses, batch_sizes):
    return sum(batch_losses) / len(batch_losses)


@wrong("average_loss", says="You return the sum over all images")
def loss_sum(batch_losses, batch_sizes):
    total = 0
    for loss, size in zip(batch_losses, batch_sizes, strict=True):
        total += loss * size
    return total


@wrong("average_loss", says="You return the sum of the batch means")
def loss_sum_of_means(batch_losses, batch_sizes):
    return sum(batch_losses)


@wrong("average_loss", says="Divide by the number of images")
def loss_by_batches(batch_losses, batch_sizes):
    return sum(m * n for m, n in zip(batch_losses, batch_sizes, strict=True)) / len(batch_sizes)


@wrong("average_loss", says="You took every batch to be as large as the first")
def loss_full_batches(batch_losses, batch_sizes):
    total = sum(m * n for m, n in zip(batch_losses, batch_sizes, strict=True))
    return total / (batch_sizes[0] * len(batch_sizes))


@wrong("average_loss", says="You weighed every batch with the size of the first")
def loss_first_size(batch_losses, batch_sizes):
    batch_size = batch_sizes[0]
    return sum(loss * batch_size for loss in batch_losses) / sum(batch_sizes)


@wrong("average_loss", says="It is divided already")
def loss_divides_again(batch_losses, batch_sizes):
    return sum(m / n for m, n in zip(batch_losses, batch_sizes, strict=True))


@wrong("average_loss", says="Each mean is divided already")
def loss_divides_three_times(batch_losses, batch_sizes):
    return statistics.mean(m / n for m, n in zip(batch_losses, batch_sizes, strict=True))


@wrong("average_loss", says="You return the loss of the last batch")
def loss_of_the_last(batch_losses, batch_sizes):
    for loss, size in zip(batch_losses, batch_sizes, strict=True):
        mean = loss * size / size
    return mean


@wrong("average_loss", says="Take / instead of //")
def loss_rounded_down(batch_losses, batch_sizes):
    return sum(m * n for m, n in zip(batch_losses, batch_sizes, strict=True)) // sum(batch_sizes)


# checkpoint_round_trip


@wrong("checkpoint_round_trip", says="The optimiser was not restored")
def checkpoint_weights_only(path, model, optimizer, new_model, new_optimizer):
    torch.save(model.state_dict(), path)
    new_model.load_state_dict(torch.load(path))


@wrong("checkpoint_round_trip", says="The model was not restored")
def checkpoint_optimizer_only(path, model, optimizer, new_model, new_optimizer):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
    checkpoint = torch.load(path, weights_only=True)
    new_optimizer.load_state_dict(checkpoint["optimizer"])


@wrong("checkpoint_round_trip", says="gives the name a new meaning inside your function only")
def checkpoint_rebinds(path, model, optimizer, new_model, new_optimizer):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
    checkpoint = torch.load(path, weights_only=True)
    new_model = checkpoint["model"]  # noqa: F841
    new_optimizer = checkpoint["optimizer"]  # noqa: F841


@wrong("checkpoint_round_trip", says="You saved the new model")
def checkpoint_of_the_new(path, model, optimizer, new_model, new_optimizer):
    torch.save({"m": new_model.state_dict(), "o": new_optimizer.state_dict()}, path)
    checkpoint = torch.load(path, weights_only=True)
    new_model.load_state_dict(checkpoint["m"])
    new_optimizer.load_state_dict(checkpoint["o"])


@wrong("checkpoint_round_trip", says="holds more than tensors")
def checkpoint_of_objects(path, model, optimizer, new_model, new_optimizer):
    torch.save({"model": model, "optimizer": optimizer}, path)
    checkpoint = torch.load(path, weights_only=False)
    new_model.load_state_dict(checkpoint["model"].state_dict())
    new_optimizer.load_state_dict(checkpoint["optimizer"].state_dict())


@wrong("checkpoint_round_trip", says="it was read with weights_only=False")
def checkpoint_trusts_the_file(path, model, optimizer, new_model, new_optimizer):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
    checkpoint = torch.load(path, weights_only=False)
    new_model.load_state_dict(checkpoint["model"])
    new_optimizer.load_state_dict(checkpoint["optimizer"])


@wrong("checkpoint_round_trip", says="the file was never read")
def checkpoint_past_the_file(path, model, optimizer, new_model, new_optimizer):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
    new_model.load_state_dict(model.state_dict())
    new_optimizer.load_state_dict(optimizer.state_dict())


@wrong("checkpoint_round_trip", says="Save to the argument `path`")
def checkpoint_elsewhere(path, model, optimizer, new_model, new_optimizer):
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "model.pt"
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, other)
        checkpoint = torch.load(other, weights_only=True)
    new_model.load_state_dict(checkpoint["model"])
    new_optimizer.load_state_dict(checkpoint["optimizer"])


@wrong("checkpoint_round_trip", says="BatchNorm's running statistics are not parameters")
def checkpoint_of_parameters(path, model, optimizer, new_model, new_optimizer):
    torch.save({"model": dict(model.named_parameters()), "optimizer": optimizer.state_dict()}, path)
    checkpoint = torch.load(path, weights_only=True)
    new_model.load_state_dict(checkpoint["model"], strict=False)
    new_optimizer.load_state_dict(checkpoint["optimizer"])


@wrong("checkpoint_round_trip", says="did a second torch.save to the same path replace the first")
def checkpoint_saved_over(path, model, optimizer, new_model, new_optimizer):
    torch.save({"model": model.state_dict()}, path)
    torch.save({"optimizer": optimizer.state_dict()}, path)
    new_model.load_state_dict(torch.load(path, weights_only=True)["model"])
    new_optimizer.load_state_dict(torch.load(path, weights_only=True)["optimizer"])


@wrong("checkpoint_round_trip", says="First save, then load")
def checkpoint_loads_first(path, model, optimizer, new_model, new_optimizer):
    checkpoint = torch.load(path, weights_only=True)
    torch.save(checkpoint, path)


@wrong("checkpoint_round_trip", says="Call it: state_dict()")
def checkpoint_without_parentheses(path, model, optimizer, new_model, new_optimizer):
    state = {"model": model.state_dict}
    new_model.load_state_dict(state["model"])


@wrong("checkpoint_round_trip", says="Load the file first")
def checkpoint_hands_on_the_path(path, model, optimizer, new_model, new_optimizer):
    torch.save(model.state_dict(), path)
    new_model.load_state_dict(path)


@wrong("checkpoint_round_trip", says="The two models share their tensors")
def checkpoint_shares(path, model, optimizer, new_model, new_optimizer):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
    checkpoint = torch.load(path, weights_only=True)
    new_model.load_state_dict(checkpoint["model"])
    for own, old in zip(new_model.parameters(), model.parameters(), strict=True):
        own.data = old.data
    new_optimizer.load_state_dict(checkpoint["optimizer"])


# repair_training


@wrong("repair_training", says="the model trains in eval mode")
def repair_no_train(model, loader, optimizer, scheduler, loss_fn, epochs):
    losses = []
    for _ in range(epochs):
        total = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
        scheduler.step()
        losses.append(total / len(loader.dataset))
    return losses


@wrong("repair_training", says="the model trains in eval mode")
def repair_nothing(model, loader, optimizer, scheduler, loss_fn, epochs):
    losses = []
    for _ in range(epochs):
        scheduler.step()
        total = 0.0
        for images, labels in loader:
            loss = loss_fn(model(images).softmax(dim=1), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / len(loader.dataset))
    return losses


@wrong("repair_training", says="the schedule steps before the first epoch")
def repair_mode_only(model, loader, optimizer, scheduler, loss_fn, epochs):
    model.train()
    return repair_nothing(model, loader, optimizer, scheduler, loss_fn, epochs)


def _train(model, loader, optimizer, scheduler, loss_fn, epochs, *, softmax=False, zero=True, every_batch=False):
    """Train, and return the losses and sizes of all batches, epoch by epoch."""
    model.train()
    epochs_done = []
    for _ in range(epochs):
        done = []
        for images, labels in loader:
            if zero:
                optimizer.zero_grad()
            logits = model(images)
            loss = loss_fn(logits.softmax(1) if softmax else logits, labels)
            loss.backward()
            optimizer.step()
            if every_batch:
                scheduler.step()
            done.append((loss.item(), len(labels)))
        if not every_batch and scheduler:
            scheduler.step()
        epochs_done.append(done)
    return epochs_done


def _means(epochs_done):
    return [sum(m * n for m, n in done) / sum(n for _, n in done) for done in epochs_done]


@wrong("repair_training", says="softmax before the loss. Cross-entropy")
def repair_keeps_softmax(model, loader, optimizer, scheduler, loss_fn, epochs):
    return _means(_train(model, loader, optimizer, scheduler, loss_fn, epochs, softmax=True))


@wrong("repair_training", says="old gradients are never forgotten, each step adds")
def repair_never_zeroes(model, loader, optimizer, scheduler, loss_fn, epochs):
    return _means(_train(model, loader, optimizer, scheduler, loss_fn, epochs, zero=False))


@wrong("repair_training", says="Two faults are left")
def repair_two_faults_left(model, loader, optimizer, scheduler, loss_fn, epochs):
    return _means(_train(model, loader, optimizer, scheduler, loss_fn, epochs, zero=False, softmax=True))


@wrong("repair_training", says="The schedule steps after every batch")
def repair_schedule_in_the_loop(model, loader, optimizer, scheduler, loss_fn, epochs):
    return _means(_train(model, loader, optimizer, scheduler, loss_fn, epochs, every_batch=True))


@wrong("repair_training", says="The schedule never steps")
def repair_without_schedule(model, loader, optimizer, scheduler, loss_fn, epochs):
    return _means(_train(model, loader, optimizer, None, loss_fn, epochs))


@wrong("repair_training", says="the loss is averaged twice")
def repair_averages_twice(model, loader, optimizer, scheduler, loss_fn, epochs):
    done = _train(model, loader, optimizer, scheduler, loss_fn, epochs)
    return [sum(mean for mean, _ in batches) / len(loader.dataset) for batches in done]


@wrong("repair_training", says="You take the mean of the batch means")
def repair_mean_of_means(model, loader, optimizer, scheduler, loss_fn, epochs):
    done = _train(model, loader, optimizer, scheduler, loss_fn, epochs)
    return [sum(mean for mean, _ in batches) / len(loader) for batches in done]


@wrong("repair_training", says="The sum goes on from epoch to epoch")
def repair_total_goes_on(model, loader, optimizer, scheduler, loss_fn, epochs):
    total, losses = 0.0, []
    for batches in _train(model, loader, optimizer, scheduler, loss_fn, epochs):
        total += sum(m * n for m, n in batches)
        losses.append(total / len(loader.dataset))
    return losses


@wrong("repair_training", says="You return the loss of the last epoch only")
def repair_returns_the_last(model, loader, optimizer, scheduler, loss_fn, epochs):
    return _means(_train(model, loader, optimizer, scheduler, loss_fn, epochs))[-1]


@wrong("repair_training", says="End in return losses")
def repair_returns_nothing(model, loader, optimizer, scheduler, loss_fn, epochs):
    _means(_train(model, loader, optimizer, scheduler, loss_fn, epochs))


@wrong("repair_training", says="Only the first epoch runs")
def repair_one_epoch(model, loader, optimizer, scheduler, loss_fn, epochs):
    return _means(_train(model, loader, optimizer, scheduler, loss_fn, 1))


@wrong("training_step", says="backward() belongs to the loss")
def step_backward_of_the_function(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    loss_fn.backward()
    optimizer.step()
    return loss.item()


@wrong("evaluate_model", says="turns one switch back, that of the outermost module")
def evaluate_outer_switch(model, loader):
    was_training = model.training
    model.eval()
    right = total = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax(dim=1) == labels).sum().item()
            total += len(labels)
    model.training = was_training
    return right / total


@wrong("repair_training", says="The optimiser steps once an epoch")
def repair_steps_outside(model, loader, optimizer, scheduler, loss_fn, epochs):
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            total += loss.item() * len(labels)
        optimizer.step()
        scheduler.step()
        losses.append(total / len(loader.dataset))
    return losses


@wrong("repair_training", says="The optimiser steps once an epoch")
def repair_steps_outside_at_one_rate(model, loader, optimizer, scheduler, loss_fn, epochs):
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            total += loss.item() * len(labels)
        optimizer.step()
        losses.append(total / len(loader.dataset))
    return losses


@wrong("checkpoint_round_trip", says="did a second torch.save to the same path replace the first file")
def checkpoint_optimizer_over_model(path, model, optimizer, new_model, new_optimizer):
    torch.save(model.state_dict(), path)
    torch.save(optimizer.state_dict(), path)
    new_model.load_state_dict(torch.load(path))
    new_optimizer.load_state_dict(torch.load(path))


@wrong("checkpoint_round_trip", says="did a second torch.save to the same path replace the first file")
def checkpoint_model_over_optimizer(path, model, optimizer, new_model, new_optimizer):
    torch.save(optimizer.state_dict(), path)
    torch.save(model.state_dict(), path)
    new_model.load_state_dict(torch.load(path))
    new_optimizer.load_state_dict(torch.load(path))


@wrong("evaluate_model", says="got '")
def evaluate_in_words(model, loader):
    was_training = model.training
    model.eval()
    right = total = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax(dim=1) == labels).sum().item()
            total += len(labels)
    model.train(was_training)
    return f"{right / total:.2%}"


@wrong("evaluate_model", says="You return percent")
def evaluate_percent_of_tensors(model, loader):
    was_training = model.training
    model.eval()
    right = total = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax(dim=1) == labels).sum()
            total += len(labels)
    model.train(was_training)
    return 100 * right / total


@wrong("average_loss", says="every batch but the last to be as large as the first")
def average_with_two_sizes(batch_losses, batch_sizes):
    size, last = batch_sizes[0], batch_sizes[-1]
    return (sum(batch_losses[:-1]) * size + batch_losses[-1] * last) / (size * (len(batch_losses) - 1) + last)


@wrong("checkpoint_round_trip", says="your code raised")
def checkpoint_list_the_wrong_way_round(path, model, optimizer, new_model, new_optimizer):
    torch.save([model.state_dict(), optimizer.state_dict()], path)
    of_optimizer, of_model = torch.load(path)
    new_model.load_state_dict(of_model)
    new_optimizer.load_state_dict(of_optimizer)


@wrong("repair_training", says="The schedule steps once, after the last epoch")
def repair_schedule_behind_the_loops(model, loader, optimizer, scheduler, loss_fn, epochs):
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
        losses.append(total / len(loader.dataset))
    scheduler.step()
    return losses


@wrong("training_step", says="You do not use `loss_fn`")
def loss_of_the_textbook(model, images, labels, optimizer, loss_fn):
    model.train()
    loss = F.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("training_step", says="You change the shape of the images")
def step_on_flat_images(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images.view(len(images), -1)), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("evaluate_model", says="You change the shape of the images")
def evaluation_of_flat_images(model, loader):
    was, right, total = model.training, 0, 0
    model.eval()
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images.flatten(1)).argmax(dim=1) == labels).sum().item()
            total += len(labels)
    model.train(was)
    return right / total


@wrong("repair_training", says="take loss.item(), a number")
def losses_with_their_graphs(model, loader, optimizer, scheduler, loss_fn, epochs):
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss * len(labels)
        scheduler.step()
        losses.append(total / len(loader.dataset))
    return losses


@wrong("checkpoint_round_trip", says="The file holds both state dicts, under other names")
def round_trip_with_two_names(path, model, optimizer, new_model, new_optimizer):
    torch.save({"model": model.state_dict(), "optim": optimizer.state_dict()}, path)
    found = torch.load(path, weights_only=True)
    new_model.load_state_dict(found["model"])
    new_optimizer.load_state_dict(found["optimizer"])


@wrong("evaluate_model", says="You switch the recording of gradients off for good")
def evaluate_and_stay_off(model, loader):
    was = model.training
    model.eval()
    torch.set_grad_enabled(False)
    right = total = 0
    for images, labels in loader:
        right += (model(images).argmax(dim=1) == labels).sum().item()
        total += len(labels)
    model.train(was)
    return right / total


@wrong("repair_training", says="You do not use `loss_fn`")
def repair_with_a_loss_of_its_own(model, loader, optimizer, scheduler, loss_fn, epochs):
    losses = []
    model.train()
    for _ in range(epochs):
        total = count = 0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            count += len(labels)
        scheduler.step()
        losses.append(total / count)
    return losses


def _saved(path, model, optimizer):
    torch.save({"m": model.state_dict(), "o": optimizer.state_dict()}, path)
    return torch.load(path, weights_only=True)


@wrong("checkpoint_round_trip", says="it was not loaded into the object `new_optimizer`")
def round_trip_names_the_optimizer(path, model, optimizer, new_model, new_optimizer):
    found = _saved(path, model, optimizer)
    new_model.load_state_dict(found["m"])
    new_optimizer = found["o"]  # noqa: F841


@wrong("checkpoint_round_trip", says="it was not loaded into the object `new_optimizer`")
def round_trip_into_a_third_optimizer(path, model, optimizer, new_model, new_optimizer):
    found = _saved(path, model, optimizer)
    new_model.load_state_dict(found["m"])
    new_optimizer = torch.optim.SGD(new_model.parameters(), lr=0.1, momentum=0.9)
    new_optimizer.load_state_dict(found["o"])


@wrong("checkpoint_round_trip", says="it was not loaded into the object `new_optimizer`")
def round_trip_into_the_old_optimizer(path, model, optimizer, new_model, new_optimizer):
    found = _saved(path, model, optimizer)
    new_model.load_state_dict(found["m"])
    optimizer.load_state_dict(found["o"])


@wrong("checkpoint_round_trip", says="it was not loaded into the object `new_model`")
def round_trip_names_the_model(path, model, optimizer, new_model, new_optimizer):
    found = _saved(path, model, optimizer)
    new_model = found["m"]  # noqa: F841
    new_optimizer.load_state_dict(found["o"])


@wrong("evaluate_model", says="`with` needs what a call gives: torch.no_grad()")
def evaluate_without_parentheses(model, loader):
    was, right, total = model.training, 0, 0
    model.eval()
    with torch.no_grad:
        for images, labels in loader:
            right += (model(images).argmax(dim=1) == labels).sum().item()
            total += len(labels)
    model.train(was)
    return right / total


@wrong("evaluate_model", says="argmax() without dim gives one place in the whole batch")
def evaluate_with_one_argmax(model, loader):
    was, right, total = model.training, 0, 0
    model.eval()
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax() == labels).sum().item()
            total += len(labels)
    model.train(was)
    return right / total

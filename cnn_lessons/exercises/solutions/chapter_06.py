"""Answers of chapter 06."""

import torch


def training_step(model, images, labels, optimizer, loss_fn):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def evaluate_model(model, loader):
    was_training = model.training
    model.eval()
    right = count = 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax(dim=1) == labels).sum().item()
            count += len(labels)
    model.train(was_training)
    return right / count


def step_lr(lr, epoch, step_size, gamma):
    return lr * gamma ** (epoch // step_size)


def average_loss(batch_losses, batch_sizes):
    total = sum(loss * size for loss, size in zip(batch_losses, batch_sizes, strict=True))
    return total / sum(batch_sizes)


def checkpoint_round_trip(path, model, optimizer, new_model, new_optimizer):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
    found = torch.load(path, weights_only=True)
    new_model.load_state_dict(found["model"])
    new_optimizer.load_state_dict(found["optimizer"])  # momentum, step counts, learning rate


def repair_training(model, loader, optimizer, scheduler, loss_fn, epochs):
    losses = []
    model.train()  # it has just been evaluated
    for _ in range(epochs):
        total = count = 0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)  # logits: the loss takes the softmax itself
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)  # the sum over the batch, whatever its size
            count += len(labels)
        scheduler.step()  # after the epoch: the first learning rate is used too
        losses.append(total / count)
    return losses

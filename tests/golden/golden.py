#!/usr/bin/env python3
"""Trains three small networks for ten steps with PyTorch, in double, and writes their losses.

    python3 golden.py > losses.txt      (made with PyTorch 2.13)

Each line is the name of a run and its ten losses, each before its step. Weights and data come from
an integer hash that tests/runtime/golden_test.cpp computes too; both lay them out as etch does:
weights (filters, height, width, channels), images (height, width, channels).
"""

import torch
from torch import nn
from torch.nn import functional as F

SAMPLES, CLASSES = 12, 3


def number(index):
    """An exact float in [-1, 1)."""
    x = index * 2654435761 % 2**32
    x = (x ^ (x >> 15)) * 2246822519 % 2**32
    x ^= x >> 13
    return (x >> 8 & 0xFFFF) / 32768 - 1


def tensor(shape, first):
    count = 1
    for extent in shape:
        count *= extent
    values = [number(first + i) for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def batch(step):
    first = 100000 + 10000 * step
    x = tensor((SAMPLES, 8, 8, 2), first).permute(0, 3, 1, 2)
    labels = [int((number(first + 9000 + i) + 1) / 2 * CLASSES) for i in range(SAMPLES)]
    return x, torch.tensor(labels)


class SmallCnn(nn.Module):
    def __init__(self, normalised):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)
        self.batch_norm = nn.BatchNorm2d(4) if normalised else nn.Identity()
        self.dense_1 = nn.Linear(36, 6)
        self.layer_norm = nn.LayerNorm(6) if normalised else nn.Identity()
        self.dense_2 = nn.Linear(6, CLASSES)
        with torch.no_grad():
            for index, p in enumerate(self.parameters()):
                first = 1000 * (index + 1)
                if p.dim() == 4:
                    f, c, h, w = p.shape
                    p.copy_(tensor((f, h, w, c), first).permute(0, 3, 1, 2) * 0.25)
                else:
                    p.copy_(tensor(p.shape, first) * 0.25)
            for norm in [self.batch_norm, self.layer_norm]:
                if normalised:
                    norm.weight += 1

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.batch_norm(self.conv(x))), 2)
        x = x.permute(0, 2, 3, 1).flatten(1)
        return self.dense_2(torch.tanh(self.layer_norm(self.dense_1(x))))


def train(name, normalised, make_optimizer):
    model = SmallCnn(normalised)
    optimizer = make_optimizer(model.parameters())
    losses = []
    for step in range(10):
        x, labels = batch(step)
        loss = F.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(name, *(f"{loss:.12f}" for loss in losses))


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-2)


def nesterov(parameters):
    return torch.optim.SGD(parameters, lr=5e-2, momentum=0.9, nesterov=True, weight_decay=1e-2)


def adamw(parameters):
    return torch.optim.AdamW(parameters, lr=1e-2, weight_decay=0.1)


torch.set_default_dtype(torch.float64)
train("adam", False, adam)
train("nesterov", False, nesterov)
train("normalised", True, adamw)

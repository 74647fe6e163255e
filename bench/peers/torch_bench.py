"""The bench's workloads in PyTorch, for a process that waits for orders.

    python3 bench/peers/torch_bench.py --threads 2

Prints one line of JSON about itself, then reads lines `run WORKLOAD BATCH COUNT`, and answers each with the
milliseconds that COUNT runs took. With --once it does a single training step and ends, which shows what starting
costs. The model, the loss and the optimizer are those of packages/emotion, written as PyTorch users write them.
"""

import argparse
import json
import os
import sys
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--threads", type=int, default=0)
arguments.add_argument("--cuda", action="store_true")
arguments.add_argument("--once", action="store_true")
options = arguments.parse_args()
if options.threads:
    # Before the import: OpenMP and OpenBLAS look only once.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(options.threads)

import torch
from torch import nn
from torch.nn import functional as F

if options.threads:
    torch.set_num_threads(options.threads)
torch.manual_seed(0)
device = torch.device("cuda" if options.cuda else "cpu")


def emotion_cnn():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.LeakyReLU(0.1),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.LeakyReLU(0.1),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 24 * 24, 32),
        nn.LeakyReLU(0.1),
        nn.Linear(32, 4),
    ).to(device)


class BasicBlock(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.shortcut = nn.Identity()
        if stride != 1:
            self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        return F.relu(self.residual(x) + self.shortcut(x), inplace=True)


class InvertedResidual(nn.Module):
    def __init__(self, before, after, stride, ratio):
        super().__init__()
        inside = ratio * before
        self.adds = stride == 1 and before == after
        self.residual = nn.Sequential(
            *(conv_norm_relu(before, inside, 1) if ratio != 1 else ()),
            *conv_norm_relu(inside, inside, 3, stride, inside),
            nn.Conv2d(inside, after, 1, bias=False),
            nn.BatchNorm2d(after),
        )

    def forward(self, x):
        return x + self.residual(x) if self.adds else self.residual(x)


def conv_norm_relu(before, after, size, stride=1, groups=1):
    conv = nn.Conv2d(before, after, size, stride, size // 2, groups=groups, bias=False)
    return conv, nn.BatchNorm2d(after), nn.ReLU(inplace=True)


def resnet():
    layers, before = [*conv_norm_relu(3, 16, 3)], 16
    for width, stride in ((16, 1), (32, 2), (64, 2), (128, 2)):
        layers += [BasicBlock(before, width, stride), BasicBlock(width, width, 1)]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 4)).to(device)


def mobilenet():
    layers, before = [*conv_norm_relu(3, 16, 3, 2)], 16
    for ratio, width, blocks, stride in ((1, 16, 1, 1), (4, 24, 2, 1), (4, 32, 3, 2), (4, 64, 3, 2), (4, 96, 2, 1)):
        for block in range(blocks):
            layers.append(InvertedResidual(before, width, stride if block == 0 else 1, ratio))
            before = width
    layers += conv_norm_relu(before, 256, 1)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 4)).to(device)


def normal(*shape):
    return torch.randn(*shape, device=device)


def train_step(make):
    def workload(batch):
        model = make()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        images = normal(batch, 3, 48, 48)
        labels = torch.arange(batch, device=device) % 4

        def run():
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()

        return run

    return workload


def inference(batch):
    model = emotion_cnn().eval()
    images = normal(batch, 3, 48, 48)

    def run():
        with torch.inference_mode():
            model(images)

    return run


def conv_forward(channels_in, channels_out):
    def workload(batch):
        x, weight, bias = normal(batch, channels_in, 48, 48), normal(channels_out, channels_in, 3, 3), normal(channels_out)
        return lambda: F.conv2d(x, weight, bias, padding=1)

    return workload


def conv_backward(wanted):
    """The gradient of the second convolution for its input or its weight, whichever is `wanted`."""

    def workload(batch):
        x, weight, grad = normal(batch, 16, 48, 48), normal(32, 16, 3, 3), normal(batch, 32, 48, 48)
        mask = [wanted == "input", wanted == "weight", False]
        backward = torch.ops.aten.convolution_backward
        return lambda: backward(grad, x, weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, mask)

    return workload


def pool(batch):
    x = normal(batch, 32, 48, 48)
    return lambda: F.max_pool2d(x, 2, return_indices=True)


def dense(batch):
    x, weight, bias = normal(batch, 18432), normal(32, 18432), normal(32)
    return lambda: F.linear(x, weight, bias)


def matmul(_):
    a, b, out = normal(512, 512), normal(512, 512), normal(512, 512)
    return lambda: torch.mm(a, b, out=out)


def add(_):
    a, b, out = normal(1 << 22), normal(1 << 22), normal(1 << 22)
    return lambda: torch.add(a, b, out=out)


def adam(_):
    parameter = nn.Parameter(normal(595_076))
    parameter.grad = normal(595_076)
    return torch.optim.Adam([parameter], lr=1e-3).step


WORKLOADS = {
    "train-step": train_step(emotion_cnn),
    "resnet": train_step(resnet),
    "mobilenet": train_step(mobilenet),
    "inference": inference,
    "conv1-forward": conv_forward(3, 16),
    "conv2-forward": conv_forward(16, 32),
    "conv2-input-grad": conv_backward("input"),
    "conv2-weight-grad": conv_backward("weight"),
    "pool": pool,
    "dense": dense,
    "matmul": matmul,
    "add": add,
    "adam": adam,
}


def milliseconds(run, count):
    started = time.perf_counter()
    for _ in range(count):
        run()
    if options.cuda:
        torch.cuda.synchronize()
    return (time.perf_counter() - started) * 1000


if options.once:
    milliseconds(train_step(emotion_cnn)(64), 1)
    print("done", flush=True)
    sys.exit()

lines = [line.strip() for line in torch.__config__.parallel_info().splitlines()]
greeting = {
    "version": torch.__version__,
    "parallelInfo": "; ".join(line for line in lines if line and not line.endswith(":")),
    "cuda": torch.cuda.is_available(),
}
print(json.dumps(greeting), flush=True)

# One workload at a time is kept, as its tensors are large.
ready = {}
for line in sys.stdin:
    _, name, batch, count = line.split()
    key = (name, int(batch))
    if key not in ready:
        ready.clear()
        ready[key] = WORKLOADS[name](int(batch))
    print(milliseconds(ready[key], int(count)), flush=True)

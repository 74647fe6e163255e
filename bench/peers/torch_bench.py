"""The bench's workloads in PyTorch, for a process that waits for orders.

    python3 bench/peers/torch_bench.py --threads 2

Prints one line of JSON about itself, then reads lines. `prepare WORKLOAD BATCH` makes a workload, runs it once, and is
answered with {"way": ...} or {"reason": ...}; `run WORKLOAD BATCH COUNT` is answered with the milliseconds that COUNT
runs took. With --once it does a single training step and ends, which shows what starting costs. The model, the loss and
the optimizer are those of packages/emotion, written as PyTorch users write them.

All is float32: TF32, with which a GPU rounds the factors of products to 11 bits, is off. --cuda is PyTorch as most use
it. --cuda --compiled is PyTorch at its fastest: of several ways to leave Python out of a step, torch.compile and CUDA
graphs alone and together, whichever is the fastest here.
"""

import argparse
import json
import os
import sys
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--threads", type=int, default=0)
arguments.add_argument("--cuda", action="store_true")
arguments.add_argument("--compiled", action="store_true")
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
if options.cuda:
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    # Lets cuDNN try its kernels, and take the fastest; a single step is over sooner without.
    torch.backends.cudnn.benchmark = not options.once
if options.compiled and not hasattr(torch, "compiler"):
    sys.exit(f"this is PyTorch {torch.__version__}, torch.compile needs 2.1 or later")


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


def train_step(make, compiling=None, **adam):
    def workload(batch):
        model = make()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, **adam)
        images = normal(batch, 3, 48, 48)
        labels = torch.arange(batch, device=device) % 4

        def loss():
            return F.cross_entropy(model(images), labels)

        if compiling is not None:
            loss = torch.compile(loss, **compiling)

        def run():
            optimizer.zero_grad(set_to_none=True)
            loss().backward()
            optimizer.step()

        return run

    return workload


def inference(compiling=None):
    def workload(batch):
        model = emotion_cnn().eval()
        images = normal(batch, 3, 48, 48)
        if compiling is not None:
            model = torch.compile(model, **compiling)

        def run():
            with torch.inference_mode():
                model(images)

        return run

    return workload


def graphed(make):
    """The same as one CUDA graph, which is launched as a whole."""

    def workload(batch):
        run = make(batch)
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(3):
                run()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            run()
        return graph.replay

    return workload


def fastest(make):
    """The fastest of three ways to leave Python out; `make` gives a workload, compiled with options or, by None, not."""
    ways = {
        "torch.compile, reduce-overhead": make({"mode": "reduce-overhead"}),
        "torch.compile in one CUDA graph": graphed(make({})),
        "one CUDA graph, not compiled": graphed(make(None)),
    }

    def workload(batch):
        torch.compiler.reset()  # it compiles one function for so many models only
        found, failed = [], []
        for way, start in ways.items():
            try:
                run = start(batch)
                milliseconds(run, 10)
                found.append((min(milliseconds(run, 20) for _ in range(3)), way, run))
            except Exception as error:  # whatever may go wrong in a compiler
                failed.append(f"{way}: {reason_of(error)}")
        if not found:
            raise RuntimeError("; ".join(failed))
        _, way, run = min(found, key=lambda one: one[0])
        return run, {"way": way, "failed": failed}

    return workload


def fastest_step(make):
    return fastest(lambda compiling: train_step(make, compiling, fused=True, capturable=True))


def eager(make):
    """As it stands."""

    def workload(batch):
        run = make(batch)
        milliseconds(run, 1)
        return run, {"way": None, "failed": []}

    return workload


def reason_of(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]


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


EAGER = {
    "train-step": train_step(emotion_cnn),
    "resnet": train_step(resnet),
    "mobilenet": train_step(mobilenet),
    "inference": inference(),
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
COMPILED = {
    "train-step": fastest_step(emotion_cnn),
    "resnet": fastest_step(resnet),
    "mobilenet": fastest_step(mobilenet),
    "inference": fastest(inference),
}
WORKLOADS = COMPILED if options.compiled else {name: eager(make) for name, make in EAGER.items()}


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
facts = [line for line in lines if line and not line.endswith(":")]
if options.cuda:
    facts = [
        f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}",
        f"float32 products: {torch.get_float32_matmul_precision()}",
        f"TF32 in cuDNN: {'on' if torch.backends.cudnn.allow_tf32 else 'off'}",
        f"cudnn.benchmark: {'on' if torch.backends.cudnn.benchmark else 'off'}",
    ]
greeting = {
    "version": torch.__version__,
    "facts": "; ".join(facts),
    "cuda": torch.cuda.is_available(),
    "workloads": [*WORKLOADS],
}
print(json.dumps(greeting), flush=True)

# One workload at a time is kept, as its tensors are large.
ready = {}


def prepare(name, batch):
    if (name, batch) in ready:
        return
    ready.clear()
    ready[name, batch] = WORKLOADS[name](batch)


for line in sys.stdin:
    order, name, batch, *count = line.split()
    if order == "run":
        prepare(name, int(batch))
        run, _ = ready[name, int(batch)]
        answer = milliseconds(run, int(*count))
    else:
        try:
            prepare(name, int(batch))
            _, answer = ready[name, int(batch)]
        except Exception as error:  # told, and the others go on
            answer = {"reason": reason_of(error)}
    print(json.dumps(answer), flush=True)

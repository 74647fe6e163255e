"""Ten steps of SGD on the deeper networks in PyTorch, in float32 and in float64, from the same weights and batches.

    python3 test/golden/residual-nets.py > test/golden/residual-nets.json

Weights and images are made by a formula (an integer hash) that test/support/residual-nets.ts repeats, so the file holds
losses, and the logits of one batch after the last step in evaluation mode. The names of the state dicts are there too:
the blocks are torchvision's own.
"""

import json

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.mobilenetv2 import InvertedResidual
from torchvision.models.resnet import BasicBlock
from torchvision.ops.misc import Conv2dNormActivation

SEEDS = [1, 2, 3, 4]
STEPS, BATCH, SIZE, CLASSES = 10, 8, 48, 4
STAGES = [(1, 16, 1, 1), (4, 24, 2, 1), (4, 32, 3, 2), (4, 64, 3, 2), (4, 96, 2, 1)]


def resnet(widths=(16, 32, 64, 128)):
    def stage(before, after, stride):
        change = None
        if stride != 1:
            change = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
        return nn.Sequential(BasicBlock(before, after, stride, change), BasicBlock(after, after))

    class EmotionResNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, widths[0], 3, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(widths[0])
            self.layer1 = stage(widths[0], widths[0], 1)
            self.layer2 = stage(widths[0], widths[1], 2)
            self.layer3 = stage(widths[1], widths[2], 2)
            self.layer4 = stage(widths[2], widths[3], 2)
            self.fc = nn.Linear(widths[3], CLASSES)

        def forward(self, x):
            x = F.relu(self.bn1(self.conv1(x)))
            x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
            return self.fc(x.mean((2, 3)))

    return EmotionResNet()


def mobilenet():
    def with_relu(module):
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU6):
                setattr(module, name, nn.ReLU())
            with_relu(child)
        return module

    class EmotionMobileNet(nn.Module):
        def __init__(self):
            super().__init__()
            layers, width = [Conv2dNormActivation(3, 16, 3, 2)], 16
            for ratio, channels, blocks, stride in STAGES:
                for block in range(blocks):
                    layers.append(with_relu(InvertedResidual(width, channels, stride if block == 0 else 1, ratio)))
                    width = channels
            layers.append(Conv2dNormActivation(width, 256, 1))
            self.features = nn.Sequential(*layers)
            self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(256, CLASSES))

        def forward(self, x):
            return self.classifier(self.features(x).mean((2, 3)))

    return EmotionMobileNet()


def uniform(count, seed):
    """Numbers in [-1, 1): a hash of the place and the seed."""
    mask = np.uint64(0xFFFFFFFF)
    h = (np.arange(count, dtype=np.uint64) + np.uint64(seed * 1000003)) & mask
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        h = ((h ^ (h >> np.uint64(shift))) * np.uint64(factor)) & mask
    h ^= h >> np.uint64(16)
    return h.astype(np.float64) / 2**31 - 1


def fill(model, seed):
    """Weights of variance 2 / fan-in for convolutions, within 1 / sqrt(fan-in) for the dense layer; all in float32."""
    for i, (name, parameter) in enumerate(model.named_parameters()):
        if parameter.ndim == 1:
            nn.init.constant_(parameter, 1.0 if name.endswith("weight") else 0.0)
            continue
        fan_in = parameter[0].numel()
        scale = np.sqrt(6 / fan_in) if parameter.ndim == 4 else np.sqrt(1 / fan_in)
        values = (uniform(parameter.numel(), 1000 * seed + i) * scale).astype(np.float32)
        parameter.data.copy_(torch.from_numpy(values).reshape(parameter.shape))


def images(seed, step):
    """To each class a pattern of 8x8 squares, under noise: something to learn."""
    patterns = uniform(CLASSES * 3 * (SIZE // 8) ** 2, 1000 * seed + 300).reshape(CLASSES, 3, SIZE // 8, SIZE // 8)
    squares = patterns.repeat(8, 2).repeat(8, 3)[np.arange(BATCH) % CLASSES]
    noise = uniform(BATCH * 3 * SIZE * SIZE, 1000 * seed + 400 + step).reshape(BATCH, 3, SIZE, SIZE)
    return torch.from_numpy((2 * squares + noise).astype(np.float32))


def train(make, seed, dtype):
    model = make()
    fill(model, seed)
    model.to(dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    labels = torch.arange(BATCH) % CLASSES
    losses = []
    for step in range(STEPS):
        loss = F.cross_entropy(model(images(seed, step).to(dtype)), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        logits = model.eval()(images(seed, STEPS).to(dtype))
    return {"losses": losses, "logits": logits.flatten().tolist()}


def network(make):
    shapes = {name: list(tensor.shape) for name, tensor in make().state_dict().items()}
    runs = [
        {"seed": seed, "float32": train(make, seed, torch.float32), "float64": train(make, seed, torch.float64)}
        for seed in SEEDS
    ]
    return {"state": shapes, "runs": runs}


print(json.dumps({
    "madeBy": f"residual-nets.py, PyTorch {torch.__version__}",
    "resnet": network(resnet), "mobilenet": network(mobilenet),
}))  # fmt: skip

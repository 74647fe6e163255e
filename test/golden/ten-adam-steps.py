"""Ten Adam steps of EmotionCNN in PyTorch, in float64 and in float32: the losses, and the logits afterwards.

Weights and images come from a formula (a counter, scrambled), so both sides make them and no file carries them; it
stands a second time in test/support/emotion-net.ts. Labels, class weights and learning rate are in the JSON.

    /usr/bin/python3 test/golden/ten-adam-steps.py     (Debian's PyTorch 1.13; writes ten-adam-steps.json beside itself)
"""

import json
import os

import numpy as np
import torch
from torch import nn

BATCH, SIZE, STEPS, LR = 4, 48, 10, 1e-3
LABELS = [0, 1, 2, 3]
CLASS_WEIGHTS = [0.950, 0.950, 0.949, 1.190]


def uniform(start, count):
    """Numbers in [-1, 1), one for each counter from `start`: the last step of MurmurHash3 on the counter."""
    h = np.arange(start, start + count, dtype=np.uint32) * np.uint32(0x9E3779B1)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return (h >> np.uint32(8)).astype(np.float64) / 2.0**23 - 1.0


class EmotionCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(32 * (SIZE // 2) ** 2, 32),
            nn.LeakyReLU(0.1),
            nn.Linear(32, 4),
        )

    def forward(self, x):
        return self.classifier(self.features(x))


def formula_weights(model):
    """Kaiming uniform weights (a = 0.1); biases within 1 / sqrt(fan in). One counter runs through all of them."""
    state, counter, bound = {}, 0, 0.0
    for name, parameter in model.state_dict().items():
        count = parameter.numel()
        if name.endswith("weight"):
            fan_in = count // parameter.shape[0]
            bound = np.sqrt(6.0 / ((1.0 + 0.1 * 0.1) * fan_in))
        else:
            bound = np.sqrt(1.0 / fan_in)
        values = uniform(counter, count) * bound
        state[name] = torch.from_numpy(values.reshape(tuple(parameter.shape)))
        counter += count
    return state


def formula_images():
    """Faint noise [BATCH, 3, SIZE, SIZE], so that the loss falls smoothly; counters far behind those of the weights."""
    count = BATCH * 3 * SIZE * SIZE
    return torch.from_numpy(uniform(10_000_000, count).reshape(BATCH, 3, SIZE, SIZE) * 0.1)


def ten_steps(dtype):
    model = EmotionCNN().to(dtype)
    model.load_state_dict(formula_weights(model))
    images, labels = formula_images().to(dtype), torch.tensor(LABELS)
    loss_function = nn.CrossEntropyLoss(weight=torch.tensor(CLASS_WEIGHTS, dtype=dtype))
    optimizer = torch.optim.Adam(model.parameters(), lr=LR)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_function(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        logits = model(images)
    return {"losses": losses, "logits": logits.double().flatten().tolist()}


if __name__ == "__main__":
    torch.set_num_threads(2)
    golden = {
        "torch": torch.__version__,
        "parameters": sum(p.numel() for p in EmotionCNN().parameters()),
        "labels": LABELS,
        "classWeights": CLASS_WEIGHTS,
        "lr": LR,
        "float64": ten_steps(torch.float64),
        "float32": ten_steps(torch.float32),
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ten-adam-steps.json")
    with open(path, "w") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")

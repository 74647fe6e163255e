"""Trajectories of PyTorch's optimizers and of its ReduceLROnPlateau, in float64.

The gradients are given, so nothing is differentiated here: each optimizer sees the same list of them. Parameter "b"
has no gradient in some steps, as a frozen one.

    python3 test/golden/optimizers.py        (Debian's PyTorch 1.13; writes optimizers.json beside itself)
"""

import json
import os

import torch

STEPS = 12
torch.manual_seed(0)
start = {"a": torch.randn(2, 3, dtype=torch.float64), "b": torch.randn(5, dtype=torch.float64)}
grads = [
    {
        "a": torch.randn(2, 3, dtype=torch.float64) * 10.0 ** (step % 3 - 1),
        "b": None if step in (0, 4, 5) else torch.randn(5, dtype=torch.float64),
    }
    for step in range(STEPS)
]

OPTIMIZERS = [
    ("Adam", {}),
    ("Adam", {"lr": 0.03, "betas": [0.8, 0.95], "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.5, "betas": [0.0, 0.0]}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "betas": [0.5, 0.9]}),
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.02, "momentum": 0.8, "nesterov": True}),
]


def trajectory(name, options):
    params = {key: value.clone().requires_grad_() for key, value in start.items()}
    optimizer = getattr(torch.optim, name)(list(params.values()), **options)
    states = []
    for step in grads:
        for key, param in params.items():
            param.grad = None if step[key] is None else step[key].clone()
        optimizer.step()
        states.append({key: param.detach().flatten().tolist() for key, param in params.items()})
    return {"name": name, "options": options, "states": states}


LOSSES = [1.0, 0.9, 0.95, 0.91, 0.90005, 0.8999, 0.92, 0.95, 0.93, 0.94, 0.96, 0.7, 0.71, 0.72, 0.73, 0.74, 0.75, 0.76, 0.77]
SCHEDULES = [
    {"patience": 2},
    {"patience": 2, "factor": 0.5, "threshold": 0.01},
    {"patience": 0, "cooldown": 3},
    {"patience": 1, "threshold": 0.02, "threshold_mode": "abs"},
    {"patience": 1, "mode": "max"},
    {"patience": 1, "mode": "max", "threshold_mode": "abs", "threshold": 0.1, "cooldown": 1},
    {"patience": 0, "min_lr": 0.003},
    {"patience": 0, "min_lr": [0.003, 0.0]},
    {"patience": 0, "factor": 0.9, "eps": 0.009},
]


def schedule(options):
    params = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    optimizer = torch.optim.SGD([{"params": params[:1]}, {"params": params[1:], "lr": 0.02}], lr=0.1)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    rates = []
    for loss in LOSSES:
        scheduler.step(loss)
        rates.append([group["lr"] for group in optimizer.param_groups])
    return {"options": options, "rates": rates}


golden = {
    "torch": torch.__version__,
    "start": {key: {"shape": list(value.shape), "data": value.flatten().tolist()} for key, value in start.items()},
    "grads": [{key: g if g is None else g.flatten().tolist() for key, g in step.items()} for step in grads],
    "trajectories": [trajectory(name, options) for name, options in OPTIMIZERS],
    "metrics": LOSSES,
    "schedules": [schedule(options) for options in SCHEDULES],
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers.json")
with open(path, "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")

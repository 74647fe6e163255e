"""Trajectories of PyTorch's optimizers, and the rates of its schedulers, in float64.

The gradients are given, so nothing is differentiated here: each optimizer sees the same list of them. Parameter "b"
has no gradient in some steps, as a frozen one.

    python3 test/golden/optimizers.py        (Debian's PyTorch 1.13; writes optimizers.json beside itself)
"""

import json
import os
import warnings

import torch
from torch.optim import lr_scheduler

warnings.simplefilter("ignore")
STEPS = 20
torch.manual_seed(0)
start = {"a": torch.randn(2, 3, dtype=torch.float64), "b": torch.randn(5, dtype=torch.float64)}
grads = [
    {
        "a": torch.randn(2, 3, dtype=torch.float64) * 10.0 ** (step % 3 - 1),
        "b": None if step in (0, 4, 5, 13) else torch.randn(5, dtype=torch.float64),
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
    ("SGD", {"lr": 0.02, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.02, "momentum": 0.8, "dampening": 0.3}),
    ("SGD", {"lr": 0.02, "momentum": 0.5, "nesterov": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.03, "amsgrad": True}),
    ("AdamW", {"lr": 0.03, "amsgrad": True, "betas": [0.8, 0.7], "weight_decay": 0.2}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.8, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"lr": 0.02, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.7, "centered": True, "alpha": 0.9, "weight_decay": 0.1}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.3, "lr_decay": 0.2, "weight_decay": 0.1}),
    ("Adagrad", {"lr": 0.3, "initial_accumulator_value": 0.5, "eps": 1e-2}),
]
# The options of the second group, which holds "b" alone.
GROUPED = [
    ("SGD", {"lr": 0.1, "momentum": 0.9}, {"lr": 0.01, "momentum": 0.5, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1}, {"lr": 0.01, "amsgrad": True}),
    ("RMSprop", {"lr": 0.02}, {"lr": 0.01, "centered": True, "momentum": 0.5}),
    ("Adagrad", {"lr": 0.2}, {"lr": 0.1, "lr_decay": 0.5}),
]


def trajectory(name, options, second=None, frozen=None):
    params = {key: value.clone().requires_grad_(key != frozen) for key, value in start.items()}
    groups = list(params.values())
    if second is not None:
        groups = [{"params": [params["a"]]}, {"params": [params["b"]], **second}]
    optimizer = getattr(torch.optim, name)(groups, **options)
    states = []
    for step in grads:
        for key, param in params.items():
            param.grad = None if step[key] is None or key == frozen else step[key].clone()
        optimizer.step()
        states.append({key: param.detach().flatten().tolist() for key, param in params.items()})
    return {"name": name, "options": options, "second": second, "frozen": frozen, "states": states}


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


def plan(name, *args, **options):
    return {"name": name, "args": args, "options": options}


EPOCHS = 26
LAMBDAS = {"halving": lambda epoch: 0.5**epoch, "rising": lambda epoch: 1 + epoch / 10}
WARMUP = plan("LinearLR", start_factor=0.1, total_iters=5)
# One scheduler, or several that are stepped one after the other; at "cut", somebody else divides the rates by 4.
PLANS = [
    {"chain": [plan("StepLR", 4)]},
    {"chain": [plan("StepLR", 7, gamma=0.5)], "cut": 10},
    {"chain": [plan("MultiStepLR", [3, 8, 8, 15], gamma=0.3)]},
    {"chain": [plan("ExponentialLR", 0.9)]},
    {"chain": [plan("ConstantLR")]},
    {"chain": [plan("ConstantLR", factor=0.5, total_iters=9)]},
    {"chain": [plan("LinearLR")]},
    {"chain": [plan("LinearLR", start_factor=1.0, end_factor=0.1, total_iters=20)], "cut": 12},
    {"chain": [plan("PolynomialLR", total_iters=20, power=0.9)]},
    {"chain": [plan("LambdaLR", "halving")]},
    {"chain": [plan("LambdaLR", ["halving", "rising"])]},
    {"chain": [plan("CosineAnnealingLR", 10)]},
    {"chain": [plan("CosineAnnealingLR", 7, eta_min=0.005)], "cut": 3},
    {"chain": [plan("CosineAnnealingLR", 25, eta_min=1e-4)]},
    {"chain": [plan("CosineAnnealingWarmRestarts", 6)]},
    {"chain": [plan("CosineAnnealingWarmRestarts", 3, T_mult=2, eta_min=0.001)]},
    {"chain": [plan("OneCycleLR", 0.5, total_steps=EPOCHS)]},
    {"chain": [plan("OneCycleLR", [0.5, 0.1], epochs=5, steps_per_epoch=6, anneal_strategy="linear", pct_start=0.4)]},
    {"chain": [plan("OneCycleLR", 0.5, total_steps=EPOCHS, three_phase=True, div_factor=10, final_div_factor=100)]},
    {
        "chain": [plan("OneCycleLR", 0.5, total_steps=30, base_momentum=0.7, max_momentum=[0.9, 0.8])],
        "optimizer": "Adam",
    },
    {"chain": [plan("OneCycleLR", 0.5, total_steps=30, cycle_momentum=False)], "optimizer": "Adam"},
    {"chain": [plan("ExponentialLR", 0.95), plan("StepLR", 5)]},
    {"chain": [plan("ConstantLR", total_iters=6), plan("ExponentialLR", 0.9), plan("MultiStepLR", [10, 20])]},
    {"chain": [WARMUP, plan("CosineAnnealingLR", 20)]},
    {"sequence": [WARMUP, plan("CosineAnnealingLR", 15, eta_min=1e-3)], "milestones": [5]},
    {"sequence": [WARMUP, plan("ExponentialLR", 0.8), plan("StepLR", 3, gamma=0.5)], "milestones": [6, 14]},
    {"sequence": [plan("ConstantLR"), plan("CosineAnnealingWarmRestarts", 4, T_mult=2)], "milestones": [7]},
]


def rates(spec):
    params = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    adam = spec.get("optimizer") == "Adam"
    optimizer = (torch.optim.Adam if adam else torch.optim.SGD)(
        [{"params": params[:1]}, {"params": params[1:], "lr": 0.02}], lr=0.1, **({} if adam else {"momentum": 0.9})
    )

    def scheduler(one):
        args = one["args"]
        if one["name"] == "LambdaLR":
            names = args[0]
            args = [LAMBDAS[names] if isinstance(names, str) else [LAMBDAS[each] for each in names]]
        return getattr(lr_scheduler, one["name"])(optimizer, *args, **one["options"])

    chain = [scheduler(one) for one in spec.get("chain", spec.get("sequence"))]
    if "sequence" in spec:
        chain = [lr_scheduler.SequentialLR(optimizer, chain, spec["milestones"])]
    groups = optimizer.param_groups
    seen, momenta = [], []
    for epoch in range(EPOCHS):
        if epoch > 0:
            if epoch == spec.get("cut"):
                for group in groups:
                    group["lr"] /= 4
            for one in chain:
                one.step()
        seen.append([group["lr"] for group in groups])
        momenta.append([group["betas"][0] if adam else group["momentum"] for group in groups])
    return {**spec, "rates": seen, "momenta": momenta if chain[0].__class__.__name__ == "OneCycleLR" else None}


def clipped(clip):
    """The gradients of the third step after clipping, and what the function returns."""
    params = [torch.zeros_like(grad, requires_grad=True) for grad in grads[2].values()]
    for param, grad in zip(params, grads[2].values()):
        param.grad = grad.clone()
    returned = clip(params)
    return returned, [param.grad.flatten().tolist() for param in params]


def clip_norm(norm_type, max_norm):
    norm, after = clipped(lambda params: torch.nn.utils.clip_grad_norm_(params, max_norm, norm_type))
    # JSON has no infinity.
    return {
        "normType": None if norm_type == float("inf") else norm_type,
        "maxNorm": max_norm,
        "norm": norm.item(),
        "grads": after,
    }


def averages(decay):
    model = torch.nn.Linear(3, 1, bias=False).double()
    start, weights, seen = model.weight.flatten().tolist(), [], []
    mean = None if decay is None else lambda average, weight, count: decay * average + (1 - decay) * weight
    averaged = torch.optim.swa_utils.AveragedModel(model, avg_fn=mean)
    for _ in range(STEPS):
        model.weight.data += torch.randn(1, 3, dtype=torch.float64)
        averaged.update_parameters(model)
        weights.append(model.weight.flatten().tolist())
        seen.append(averaged.module.weight.flatten().tolist())
    return {"decay": decay, "start": start, "weights": weights, "averages": seen}


def rounded(value):
    """15 digits are plenty beside a tolerance of 1e-12."""
    if isinstance(value, float):
        return float(f"{value:.15g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, (list, tuple)) else value


golden = {
    "torch": torch.__version__,
    "start": {key: {"shape": list(value.shape), "data": value.flatten().tolist()} for key, value in start.items()},
    "grads": [{key: g if g is None else g.flatten().tolist() for key, g in step.items()} for step in grads],
    "trajectories": rounded(
        [trajectory(name, options) for name, options in OPTIMIZERS]
        + [trajectory(*grouped) for grouped in GROUPED]
        + [trajectory("Adam", {}, frozen="b"), trajectory("SGD", {"momentum": 0.9, "lr": 0.1}, frozen="a")]
    ),
    "clipping": {
        "grads": [grad.flatten().tolist() for grad in grads[2].values()],
        "norms": [clip_norm(norm, most) for norm in (0.5, 1, 2, 3.5, float("inf")) for most in (0.7, 1000)],
        "value": {
            "clipValue": 0.6,
            "grads": clipped(lambda params: torch.nn.utils.clip_grad_value_(params, 0.6))[1],
        },
    },
    "averages": [averages(decay) for decay in (0.9, 0.999, 0.0, None)],
    "metrics": LOSSES,
    "plans": rounded([rates(spec) for spec in PLANS]),
    "schedules": [schedule(options) for options in SCHEDULES],
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers.json")
with open(path, "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")

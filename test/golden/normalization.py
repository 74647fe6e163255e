"""Golden values for normalisation layers, made by PyTorch in float64.

    python3 test/golden/normalization.py > test/golden/normalization.json

Each entry is a layer under its name here, with its arguments and state, its inputs (one for each step), and for each
step the output, the gradients for a given gradient of the output, and the state afterwards. The last entries are
evaluated after eval().
"""

import json

import torch
from torch import nn

torch.manual_seed(21)
torch.set_default_dtype(torch.float64)
entries = []


def rounded(*shape):
    return torch.randn(*shape).round(decimals=3)


def plain(tensor):
    return [float(f"{value:.15g}") for value in tensor.detach().flatten().tolist()]


def state_of(layer):
    return {name: plain(value.double()) for name, value in layer.state_dict().items()}


def entry(name, args, options, layer, shape, steps=1, evaluate=False, shift=0.0):
    with torch.no_grad():
        for value in layer.state_dict().values():
            if value.is_floating_point():
                value.copy_(rounded(*value.shape).abs() + 0.5)
    layer.eval() if evaluate else layer.train()
    before = state_of(layer)
    runs = []
    for _ in range(steps):
        x = (rounded(*shape) + shift).requires_grad_()
        grad_out = rounded(*shape)
        layer.zero_grad()
        out = layer(x)
        out.backward(grad_out)
        runs.append(
            {
                "x": plain(x),
                "gradOut": plain(grad_out),
                "out": plain(out),
                "gradX": plain(x.grad),
                "grads": {key: plain(value.grad) for key, value in layer.named_parameters()},
                "state": state_of(layer),
            }
        )
    entries.append(
        {
            "layer": name,
            "args": args,
            "options": options,
            "evaluate": evaluate,
            "shape": list(shape),
            "state": before,
            "runs": runs,
        }
    )


entry("BatchNorm2d", [3], {}, nn.BatchNorm2d(3), (4, 3, 2, 3), steps=3)
entry("BatchNorm2d", [3], {"momentum": None}, nn.BatchNorm2d(3, momentum=None), (4, 3, 2, 3), steps=3)
entry("BatchNorm2d", [2], {"momentum": 0.4, "eps": 0.01}, nn.BatchNorm2d(2, momentum=0.4, eps=0.01), (2, 2, 3, 3), 2)
entry("BatchNorm2d", [3], {"affine": False}, nn.BatchNorm2d(3, affine=False), (2, 3, 2, 2), steps=2)
entry("BatchNorm2d", [3], {}, nn.BatchNorm2d(3), (2, 3, 2, 2), evaluate=True)
entry("BatchNorm2d", [3], {"affine": False}, nn.BatchNorm2d(3, affine=False), (2, 3, 2, 2), evaluate=True)
track = nn.BatchNorm2d(3, track_running_stats=False)
entry("BatchNorm2d", [3], {"trackRunningStats": False}, track, (2, 3, 2, 2), evaluate=True)
entry("BatchNorm1d", [5], {}, nn.BatchNorm1d(5), (6, 5), steps=3)
entry("BatchNorm1d", [2], {}, nn.BatchNorm1d(2), (3, 2, 5), steps=2)
entry("BatchNorm1d", [5], {}, nn.BatchNorm1d(5), (1, 5), evaluate=True)
entry("BatchNorm1d", [3], {}, nn.BatchNorm1d(3), (9, 3), shift=1e4)
entry("LayerNorm", [5], {}, nn.LayerNorm(5), (3, 5))
entry("LayerNorm", [[3, 4]], {"eps": 0.1}, nn.LayerNorm([3, 4], eps=0.1), (2, 3, 4))
entry("LayerNorm", [5], {"elementwiseAffine": False}, nn.LayerNorm(5, elementwise_affine=False), (2, 2, 5))
entry("GroupNorm", [2, 6], {}, nn.GroupNorm(2, 6), (2, 6, 3))
entry("GroupNorm", [3, 3], {"affine": False}, nn.GroupNorm(3, 3, affine=False), (2, 3, 2, 2))
entry("InstanceNorm2d", [3], {}, nn.InstanceNorm2d(3), (2, 3, 2, 3))
entry("InstanceNorm2d", [3], {"affine": True}, nn.InstanceNorm2d(3, affine=True), (2, 3, 2, 3))

print("{")
print(f'  "madeBy": "normalization.py, PyTorch {torch.__version__}",')
print('  "entries": [')
print(",\n".join("    " + json.dumps(one, separators=(",", ":")) for one in entries))
print("  ]\n}")

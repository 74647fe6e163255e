"""Golden values for transposed and one-dimensional convolution, made by PyTorch in float64.

    python3 test/golden/convolutions.py > test/golden/convolutions.json

Each entry is one call: the op, its arguments, PyTorch's output, and the gradients of sum(output * gradOut) for input,
weight and bias. Inputs are rounded to two digits, so that both sides begin with the same numbers.
"""

import json

import torch
import torch.nn.functional as F

torch.manual_seed(4)
torch.set_default_dtype(torch.float64)
entries = []


def rounded(*shape):
    return torch.randn(*shape).round(decimals=2)


def plain(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{value:.14g}") for value in tensor.flatten().tolist()]}


def entry(op, name, function, x_shape, weight_shape, bias_size, options, torch_options):
    x = rounded(*x_shape).requires_grad_()
    weight = rounded(*weight_shape).requires_grad_()
    bias = rounded(bias_size).requires_grad_() if bias_size else None
    out = function(x, weight, bias, **torch_options)
    grad_out = rounded(*out.shape)
    inputs = [x, weight, *([bias] if bias_size else [])]
    grads = torch.autograd.grad(out, inputs, grad_out)
    entries.append({
        "op": op, "name": name, "options": options,
        "inputs": [plain(one.detach()) for one in inputs],
        "gradOut": plain(grad_out), "out": plain(out.detach()), "grads": [plain(grad) for grad in grads],
    })  # fmt: skip


def transposed(name, x_shape, weight_shape, bias_size=0, **options):
    torch_options = {("output_padding" if key == "outputPadding" else key): value for key, value in options.items()}
    entry("convTranspose2d", name, F.conv_transpose2d, x_shape, weight_shape, bias_size, options, torch_options)


def sequence(name, x_shape, weight_shape, bias_size=0, **options):
    entry("conv1d", name, F.conv1d, x_shape, weight_shape, bias_size, options, options)


transposed("3x3", (2, 2, 3, 4), (2, 3, 3, 3), 3)
transposed("stride 2, padding 1", (1, 3, 4, 3), (3, 2, 4, 4), 2, stride=2, padding=1)
transposed("stride 2, output padding", (2, 2, 3, 4), (2, 2, 3, 3), 2, stride=2, padding=1, outputPadding=(1, 0))
transposed("stride beyond the window", (1, 2, 3, 2), (2, 2, 2, 2), stride=(3, 4))
transposed("dilation, output padding", (1, 2, 3, 3), (2, 3, 3, 2), 3, dilation=(2, 3), outputPadding=(1, 2), padding=1)
transposed("groups", (2, 4, 3, 3), (4, 3, 3, 3), 6, groups=2, stride=2, padding=(1, 0), outputPadding=1)
transposed("depthwise, two each", (1, 3, 4, 3), (3, 2, 3, 3), 6, groups=3, padding=1)
sequence("plain", (2, 3, 7), (4, 3, 3), 4)
sequence("stride, padding, dilation", (2, 2, 10), (3, 2, 3), 3, stride=2, padding=2, dilation=2)
sequence("same, even kernel", (1, 2, 6), (2, 2, 4), padding="same")
sequence("groups", (2, 4, 6), (6, 2, 3), 6, groups=2, padding=1)

print("{")
print(f'  "madeBy": "convolutions.py, PyTorch {torch.__version__}",')
print('  "entries": [')
print(",\n".join("    " + json.dumps(one, separators=(",", ":")) for one in entries))
print("  ]\n}")

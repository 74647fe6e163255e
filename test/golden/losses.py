"""Golden values for losses, by PyTorch in float64.

python3 test/golden/losses.py > test/golden/losses.json
"""

from itertools import product

import torch
import torch.nn.functional as F
from calls import between, call, rounded, wanted, write

REDUCTIONS = ("mean", "sum", "none")


def options(**given):
    return {key: value for key, value in given.items() if value is not None}


for reduction, weighted, smoothing in product(REDUCTIONS, (False, True), (0.0, 0.15)):
    name = f"{reduction}{', weights' if weighted else ''}, smoothing {smoothing}"
    weight = between(0.2, 2, 4) if weighted else None
    with_kinds = {"weight": weight, "label_smoothing": smoothing, "reduction": reduction}
    ours = options(weight=weight, labelSmoothing=smoothing, reduction=reduction)
    for place, space in {"": (), ", in space": (2, 2)}.items():
        logits = wanted(rounded(3, 4, *space))
        targets = torch.randint(0, 4, (3, *space))
        targets[1] = 2
        ignore = 2 if space else -100
        if not space:
            targets[0] = -100
        call("crossEntropy", name + place, [logits, targets, {**ours, "ignoreIndex": ignore}],
             F.cross_entropy(logits, targets, ignore_index=ignore, **with_kinds))  # fmt: skip
        logits = wanted(rounded(3, 4, *space))
        shares = wanted(torch.softmax(rounded(3, 4, *space), 1).round(decimals=3))
        call("crossEntropy", f"probabilities, {name}{place}", [logits, shares, ours],
             F.cross_entropy(logits, shares, **with_kinds))  # fmt: skip
    logits = wanted(rounded(4))
    call("crossEntropy", f"one image, {name}", [logits, torch.tensor(3), ours],
         F.cross_entropy(logits, torch.tensor(3), **with_kinds))  # fmt: skip
    logits, shares = wanted(rounded(4)), wanted(between(0, 1, 4))
    call("crossEntropy", f"one image, probabilities, {name}", [logits, shares, ours],
         F.cross_entropy(logits, shares, **with_kinds))  # fmt: skip

for reduction, weighted in product(REDUCTIONS, (False, True)):
    name = f"{reduction}{', weights' if weighted else ''}"
    weight = between(0.2, 2, 4) if weighted else None
    for place, space in {"": (), ", in space": (2, 2)}.items():
        scores = wanted(-between(0, 4, 3, 4, *space))
        targets = torch.randint(0, 4, (3, *space))
        targets[1] = 2
        ours = options(weight=weight, ignoreIndex=2, reduction=reduction)
        call("nllLoss", name + place, [scores, targets, ours],
             F.nll_loss(scores, targets, weight, ignore_index=2, reduction=reduction))  # fmt: skip
logits = wanted(rounded(3, 4))
call("crossEntropy", "all ignored", [logits, torch.full((3,), -100)], F.cross_entropy(logits, torch.full((3,), -100)))
logits = wanted(torch.tensor([[1000.0, -1000, 0], [-1e30, 1e30, 3], [0, 0, 0]]))
call("crossEntropy", "large logits", [logits, torch.tensor([1, 1, 2])], F.cross_entropy(logits, torch.tensor([1, 1, 2])))

for reduction in REDUCTIONS:
    for op, f in {"mseLoss": F.mse_loss, "l1Loss": F.l1_loss}.items():
        a, b = wanted(rounded(3, 4)), wanted(rounded(3, 4))
        call(op, reduction, [a, b, {"reduction": reduction}], f(a, b, reduction=reduction))
    for beta in (1.0, 0.3, 2.5, 0.0):
        a, b = wanted(rounded(3, 4, scale=2)), wanted(rounded(3, 4))
        call("smoothL1Loss", f"{reduction}, beta {beta}", [a, b, {"reduction": reduction, "beta": beta}],
             F.smooth_l1_loss(a, b, reduction=reduction, beta=beta))  # fmt: skip
    for delta in (1.0, 0.3, 2.5):
        a, b = wanted(rounded(3, 4, scale=2)), wanted(rounded(3, 4))
        call("huberLoss", f"{reduction}, delta {delta}", [a, b, {"reduction": reduction, "delta": delta}],
             F.huber_loss(a, b, reduction=reduction, delta=delta))  # fmt: skip
    for weighted in (False, True):
        name = f"{reduction}{', weights' if weighted else ''}"
        weight = between(0.2, 2, 4) if weighted else None
        p, t = wanted(between(0, 1, 3, 4)), between(0, 1, 3, 4)
        call("binaryCrossEntropy", name, [p, t, options(weight=weight, reduction=reduction)],
             F.binary_cross_entropy(p, t, weight, reduction=reduction))  # fmt: skip
        for positive in (None, between(0.2, 3, 4), between(0.2, 3, 3, 1)):
            x, t = wanted(rounded(3, 4, scale=3)), wanted(between(0, 1, 3, 4))
            kind = "" if positive is None else f", posWeight {list(positive.shape)}"
            call("binaryCrossEntropyWithLogits", name + kind,
                 [x, t, options(weight=weight, posWeight=positive, reduction=reduction)],
                 F.binary_cross_entropy_with_logits(x, t, weight, reduction=reduction, pos_weight=positive))  # fmt: skip
for reduction, log_target in product((*REDUCTIONS, "batchmean"), (False, True)):
    scores = wanted(-between(0, 4, 3, 4))
    target = wanted(rounded(3, 4) if log_target else between(0.1, 1, 3, 4))
    call("klDiv", f"{reduction}, {'log ' if log_target else ''}target",
         [scores, target, {"reduction": reduction, "logTarget": log_target}],
         F.kl_div(scores, target, reduction=reduction, log_target=log_target))  # fmt: skip

# At the kinks and the ends.
same = torch.tensor([1.0, -2, 0, 3, 2])
for op, f in {"l1Loss": F.l1_loss, "smoothL1Loss": F.smooth_l1_loss, "huberLoss": F.huber_loss}.items():
    a, b = wanted(same), wanted(torch.tensor([1.0, -2, 1, 2, 4]))
    call(op, "no difference, and one of the bend", [a, b, {"reduction": "none"}], f(a, b, reduction="none"))
p, t = wanted(torch.tensor([0.0, 1, 0.5, 1e-6])), torch.tensor([0.0, 1, 0.5, 1])
call("binaryCrossEntropy", "certain", [p, t, {"reduction": "none"}], F.binary_cross_entropy(p, t, reduction="none"))
# The gradient of these is bounded by a constant that PyTorch holds in float32: 1e-12 to eight digits.
p, t = torch.tensor([0.0, 1, 1e-15]), torch.tensor([1.0, 0, 1])
call("binaryCrossEntropy", "wrong", [p, t, {"reduction": "none"}], F.binary_cross_entropy(p, t, reduction="none"))
x, t = wanted(torch.tensor([0.0, 0, 0, 100, -100, 800, -800])), torch.tensor([0.0, 1, 0.5, 0, 1, 1, 0])
call("binaryCrossEntropyWithLogits", "scores of 0 and large ones", [x, t, {"reduction": "none"}],
     F.binary_cross_entropy_with_logits(x, t, reduction="none"))  # fmt: skip
scores, target = wanted(-between(0, 4, 2, 3)), torch.tensor([[0, 0.5, 0.5], [1, 0, 0]])
call("klDiv", "targets of 0", [scores, target, {"reduction": "none"}], F.kl_div(scores, target, reduction="none"))

write()

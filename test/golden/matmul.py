"""Golden values for matmul and its rules for shapes, by PyTorch in float64.

python3 test/golden/matmul.py > test/golden/matmul.json
"""

from itertools import product

import torch
from calls import call, refused, rounded, wanted, write

LEFT = [(3,), (2, 3), (1, 3), (0, 3), (4, 2, 3), (1, 2, 3), (2, 1, 2, 3), (0, 2, 3), (1, 1, 1, 3), (), (2,), (2, 0), (0,)]
RIGHT = [(3,), (3, 2), (3, 1), (3, 0), (4, 3, 2), (1, 3, 2), (2, 4, 3, 1), (4, 1, 3, 2), (0, 3, 2), (), (2,), (0, 2), (0,)]

for left, right in product(LEFT, RIGHT):
    a, b = wanted(rounded(*left)), wanted(rounded(*right))
    name = f"{list(left)} by {list(right)}"
    try:
        answer = torch.matmul(a, b)
    except RuntimeError:
        refused("matmul", name, [a, b])
        continue
    call("matmul", name, [a, b], answer)

write()

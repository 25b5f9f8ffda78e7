"""Lines that a solution shares with what students may see, each with the file where it may stand, and why.

The scan finds a line of a solution wherever it stands (`leaks`). Some stand elsewhere in their own right. A rule that
guesses which would also let a leak pass, so they are listed one by one: the same line in another file is a leak. Where
a new one is found that belongs where it is, add it here with its reason; better is to write the other line differently.
A test fails for an entry that nothing needs.

Why a line may stand in a file:

- REFERENCE: `arithmetic`, `ops` and `models` are the course's public text. Where an exercise rebuilds a part of them,
  its solution says the same in some lines. The rest of the solution may not stand there either.
- HINT: the last hint is "almost the code", and says this line on purpose.
- GIVEN: the check, its oracle or its usual mistakes do the same on the way to something else.
- CHAPTER: the chapter shows the line, in the tutorial's faulty function that the exercise is about.
- CHANCE: another part of the package says the same of something else.
"""

REFERENCE, HINT, GIVEN, CHAPTER, CHANCE = "reference", "hint", "given", "chapter", "chance"

_BLOCK = (
    "self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)",
    "self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)",
    "self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)",
    "self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)",
)
_WAY = "conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)"
_OWN_WAY = "self.shortcut = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)"
_WAY_LINE = "nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)"
_EVERY_SECOND = "kept = x[:, :, ::stride, ::stride]"
_FIRST_HALF = "out = self.bn1(self.conv1(x)).relu()"
_TWO_LOOPS = "for i, blocks in enumerate(stages):; for j, block in enumerate(blocks):"

SHARED: dict[str, dict[str, str]] = {
    "02_convolution.ipynb": {
        "(height, width), (k_h, k_w) = (image.shape, kernel.shape)": CHAPTER,
        "k_h, k_w = (height - h_out + 1, width - w_out + 1)": CHAPTER,
    },
    "cnn_lessons/arithmetic.py": {
        "return height * width * conv_parameters(in_channels, out_channels, kernel_size, groups, bias=False)": REFERENCE
    },
    "cnn_lessons/data/augment.py": {"padded = torch.nn.functional.pad(image, (padding,) * 4)": CHANCE},
    "cnn_lessons/exercises/chapter_02/loops.py": {"window = x[n, :, i:i + k_h, j:j + k_w]": HINT},
    "cnn_lessons/exercises/chapter_02/matrix.py": {"seen = x[:, c, u:u + h_out, v:v + w_out]": HINT},
    "cnn_lessons/exercises/chapter_05/networks.py": {
        "x = F.max_pool2d(self.conv1(x).relu(), 2)": HINT,
        "x = F.max_pool2d(self.conv2(x).relu(), 2)": HINT,
    },
    "cnn_lessons/exercises/chapter_06/step.py": {
        "loss = loss_fn(model(images), labels); loss.backward(); optimizer.step(); return loss.item()": GIVEN
    },
    "cnn_lessons/exercises/chapter_07/features.py": {"nn.Conv2d(in_channels, a, 3), nn.ReLU(), nn.MaxPool2d(2),": HINT},
    "cnn_lessons/exercises/chapter_08/blocks.py": {_WAY_LINE: GIVEN},
    "cnn_lessons/exercises/chapter_08/lab.py": {
        "body = block.bn2(block.conv2(block.bn1(block.conv1(x)).relu()))": HINT
    },
    "cnn_lessons/exercises/chapter_08/residual.py": {
        _FIRST_HALF: HINT,
        _WAY_LINE: HINT,
        f"self.downsample = nn.Sequential({_WAY_LINE})": HINT,
    },
    "cnn_lessons/exercises/chapter_08/shortcuts.py": {_EVERY_SECOND: GIVEN},
    "cnn_lessons/exercises/chapter_09/lab.py": {_TWO_LOOPS: GIVEN, f"found = []; {_TWO_LOOPS}": GIVEN},
    "cnn_lessons/exercises/chapter_09/parts.py": dict.fromkeys((_EVERY_SECOND, *_BLOCK), GIVEN),
    "cnn_lessons/exercises/chapter_10/block.py": {
        _FIRST_HALF: HINT,
        "self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(out_channels))": GIVEN,
    },
    "cnn_lessons/exercises/chapter_11/block.py": {"out = self.conv2(self.dropout(self.bn2(out).relu()))": HINT},
    "cnn_lessons/exercises/chapter_11/depth.py": {"count, rest = divmod(depth - 4, 6)": HINT},
    "cnn_lessons/exercises/chapter_11/lab_mistakes.py": {"a, b = (first(images), second(images))": GIVEN},
    "cnn_lessons/exercises/chapter_12/card.py": {
        "made, recipe = (history.provenance, history.provenance['recipe'])": GIVEN
    },
    "cnn_lessons/models/lenet.py": {"self.fc1 = nn.Linear(16 * 4 * 4, 120)": REFERENCE},
    "cnn_lessons/models/mlp.py": {"layers += [nn.Linear(size, width), nn.ReLU()]": REFERENCE},
    "cnn_lessons/models/resnet.py": {
        **dict.fromkeys((*_BLOCK, _WAY_LINE), REFERENCE),
        "self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)": REFERENCE,
        "self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)": REFERENCE,
        "self.conv3 = nn.Conv2d(channels, out_channels, 1, bias=False)": REFERENCE,
    },
    "cnn_lessons/models/resnet_cifar.py": {_WAY: REFERENCE, _OWN_WAY: REFERENCE},
    "cnn_lessons/models/wide_resnet.py": dict.fromkeys((*_BLOCK, _WAY, _OWN_WAY), REFERENCE),
    "cnn_lessons/training/run.py": {
        "new_model.load_state_dict(found['model']); new_optimizer.load_state_dict(found['optimizer'])": CHANCE
    },
}

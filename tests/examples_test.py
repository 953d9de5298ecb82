#!/usr/bin/env python3
"""Runs an example: examples_test.py PROGRAM [ARGUMENTS]

It must succeed without any data, explain itself, refuse bad arguments with a message and exit code
2, also a file that it could not save, before it trains; fail if its output cannot be written; and,
if it trains, end with the line of its test accuracy or loss, which must be good enough.
"""

import os
import re
import subprocess
import sys

# What the last line says of the test data: the least accuracy, or the largest loss.
ACCURACY = {"mlp": 0.98, "mnist_cnn": 0.9, "mnist_dropout": 0.9, "demo": 0.97, "text_classifier": 0.9}
LOSS = {"custom_layer": 0.01}
# What must stand in the output of others.
TEXT = {
    "dispatch": r"^(x86-64-v2|aarch64) +\d+ ns, differs by \S+$(.|\n)*^picked \S+$",
    "fine_tune": r"^accuracy on the other digits 0\.[0-4]\d+, and after fine-tuning 0\.[89]",
    "budget": r"total +4,460 +488,384",
    "embedded": r"^drawn 7, class 7$(.|\n)*^(5[6-9]|6\d) of 64 (.|\n)*^\d+ nanoseconds per image",
}
LINE = re.compile(r"test (?:accuracy (\d\.\d{4}) \((\d+) of (\d+)\)|loss (\d+\.\d{4}))")


def run(program, *arguments, output=subprocess.PIPE):
    done = subprocess.run([program, *arguments], stdout=output, stderr=subprocess.PIPE, text=True,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def last_line_fault(name, output):
    """Returns what is wrong with the last line of a training's OUTPUT, or None."""
    lines = output.splitlines()
    found = LINE.fullmatch(lines[-1]) if lines else None
    if not found:
        return f"the last line does not say the test accuracy or loss: {lines[-1:]}"
    accuracy, correct, total, loss = found.groups()
    if name in ACCURACY:
        if accuracy is None or f"{int(correct) / int(total):.4f}" != accuracy:
            return f"not an accuracy: {lines[-1]}"
        return None if float(accuracy) >= ACCURACY[name] else f"below {ACCURACY[name]}: {lines[-1]}"
    if loss is None:
        return f"not a loss: {lines[-1]}"
    return None if float(loss) <= LOSS[name] else f"above {LOSS[name]}: {lines[-1]}"


def faults(program, arguments):
    name = os.path.basename(program)
    code, output, errors = run(program, *arguments)
    print(output, errors, sep="", end="")
    if code != 0:
        yield f"exit code {code}"
    elif name in ACCURACY or name in LOSS:
        fault = last_line_fault(name, output)
        if fault:
            yield fault
    elif not re.search(TEXT[name], output, re.MULTILINE):
        yield f"no match of {TEXT[name]!r}"

    code, usage, _ = run(program, "--help")
    if code != 0 or not usage.startswith("usage: "):
        yield f"--help: exit code {code}, {usage!r}"
    bad = [["--no-such-option"], ["nonsense"]]
    numbers = re.findall(r"--\w+(?= N )", usage)
    bad += [[option, value] for option in numbers for value in ("x", "-1", "1e3")]
    bad += [[option] for option in re.findall(r"--[\w-]+(?= [A-Z])", usage)]
    bad += [["--mnist", "/no/such/folder"]] if "--mnist" in usage else []
    bad += [[option, "/no/such/folder/file"] for option in re.findall(r"--save[\w-]*", usage)]
    for wrong in bad:
        code, output, errors = run(program, *wrong)
        if code != 2 or not errors.startswith(name + ": ") or "epoch" in output:
            yield f"{' '.join(wrong)}: exit code {code}, {output!r}, {errors!r}"
    for arguments in [["--help"], ["--epochs", "1"] if "--epochs" in usage else []]:
        with open("/dev/full", "w", encoding="utf-8") as full:
            code, _, errors = run(program, *arguments, output=full)
        if code <= 0 or not errors:
            yield f"{' '.join(arguments)} > /dev/full: exit code {code}, {errors!r}"


def main(program, *arguments):
    found = list(faults(program, arguments))
    for fault in found:
        print(f"{os.path.basename(program)}: {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

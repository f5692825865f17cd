#!/usr/bin/env python3
"""The drift detectors written a second time, from the papers' formulas: prints golden.hpp.

Not part of the build. Run it to see that the numbers still follow:  ./golden.py | diff golden.hpp -
Plain loops over the whole history where the library keeps running sums, so that a slip in one is no slip in the other.
"""
import math

MASK = (1 << 64) - 1


class SplitMix64:  # Steele et al. 2014
    def __init__(self, state):
        self.state = state

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53


def stream(seed, parts):
    """parts: (count, error rate); one uniform number a bit."""
    random = SplitMix64(seed)
    return [1 if random.uniform() < rate else 0 for count, rate in parts for _ in range(count)]


def page_hinkley(values, minimum=30, delta=0.005, threshold=50, alpha=0.9999):
    alarms, begin, total = [], 0, 0.0
    for i, value in enumerate(values):
        seen = values[begin:i + 1]
        total = max(0.0, alpha * total + value - math.fsum(seen) / len(seen) - delta)
        if len(seen) >= minimum and total > threshold:
            alarms.append(i)
            begin, total = i + 1, 0.0
    return alarms


def ddm(bits, minimum=30, warning=2, drift=3):
    warnings, drifts, begin, best = [], [], 0, None
    for i in range(len(bits)):
        seen = bits[begin:i + 1]
        n = len(seen)
        p = sum(seen) / n
        s = math.sqrt(p * (1 - p) / n)
        if n < minimum:
            continue
        if best is None or p + s <= best[0] + best[1]:
            best = (p, s)
        if p + s > best[0] + drift * best[1]:
            drifts.append(i)
            begin, best = i + 1, None
        elif p + s > best[0] + warning * best[1]:
            warnings.append(i)
    return warnings, drifts


def adwin(bits, batch=100, confidence=0.002):
    """ADWIN2 with buckets as lists of the bits themselves."""
    rows, alarms = [[]], []
    for i, bit in enumerate(bits):
        rows[0].append([bit])
        row = 0
        while row < len(rows) and len(rows[row]) > 5:
            if row + 1 == len(rows):
                rows.append([])
            rows[row + 1].append(rows[row][0] + rows[row][1])
            del rows[row][:2]
            row += 1
        if (i + 1) % batch:
            continue
        changed = rose = False
        while True:
            buckets = [bucket for row in reversed(rows) for bucket in row]
            window = [b for bucket in buckets for b in bucket]
            if len(window) <= 10:
                break
            mean = sum(window) / len(window)
            variance = sum((b - mean) ** 2 for b in window) / len(window)
            caution = math.log(2 * math.log(len(window)) / confidence)
            cut, end = False, 0
            for bucket in buckets:
                end += len(bucket)
                old, new = window[:end], window[end:]
                if len(old) < 5 or len(new) < 5:
                    continue
                harmonic = 1 / len(old) + 1 / len(new)
                bound = math.sqrt(2 * harmonic * variance * caution) + 2 / 3 * harmonic * caution
                gap = sum(new) / len(new) - sum(old) / len(old)
                if abs(gap) > bound:
                    cut = True
                    if not changed:
                        changed, rose = True, gap > 0
                    break
            if not cut:
                break
            del rows[-1][0]
            if not rows[-1]:
                rows.pop()
        if changed:
            alarms.append((i, rose, sum(len(b) for row in rows for b in row)))
    return alarms


def kswin(values, window=300, newest=100, confidence=0.001, batch=100):
    held, alarms = [], []
    for i, value in enumerate(values):
        held = (held + [value])[-window:]
        if (i + 1) % batch or len(held) < window:
            continue
        old, new = held[:-newest], held[-newest:]
        distance = max(abs(sum(v <= x for v in old) / len(old) - sum(v <= x for v in new) / len(new)) for x in held)
        n, m = len(old), len(new)
        if distance > math.sqrt(math.log(2 / confidence) * (n + m) / (2 * n * m)):
            alarms.append((i, distance))
            held = new
    return alarms


def listed(name, kind, items):
    print(f"inline const std::vector<{kind}> {name} = {{{', '.join(items)}}};")


ERRORS = [(3000, 0.10), (1500, 0.25), (1500, 0.10), (2000, 0.60), (2000, 0.15)]
bits = stream(11, ERRORS)
random = SplitMix64(12)
values = [random.uniform() for _ in range(2000)] + [math.sqrt(random.uniform()) for _ in range(2000)]
warnings, drifts = ddm(bits)

print("#pragma once")
print()
print("#include <cstdint>")
print("#include <vector>")
print()
print("// Printed by golden.py.")
print("namespace skerry::feedback::golden {")
print()
print("struct Cut {")
print("    std::size_t at;")
print("    bool rose;")
print("    std::uint64_t size;")
print("};")
print("struct Distance {")
print("    std::size_t at;")
print("    double distance;")
print("};")
print()
print("// Error bits from Random(11), by the errors' rates: 3000 at 0.10, 1500 at 0.25, 1500 at 0.10, 2000 at 0.60, 2000 at 0.15.")
listed("kAdwin", "Cut", [f"{{{i}, {str(rose).lower()}, {size}}}" for i, rose, size in adwin(bits)])
listed("kPageHinkley", "std::size_t", map(str, page_hinkley(bits)))
listed("kDdmDrifts", "std::size_t", map(str, drifts))
print(f"inline constexpr std::size_t kDdmWarnings = {len(warnings)};")
print(f"inline constexpr std::size_t kDdmFirstWarning = {warnings[0]};")
print("// Uniform numbers from Random(12), 2000 as they are, then 2000 of their square roots; tested each 100.")
listed("kKswin", "Distance", [f"{{{i}, {d!r}}}" for i, d in kswin(values)])
print()
print("}  // namespace skerry::feedback::golden")

#!/usr/bin/env python3
"""Writes tests/data/signals: curves recorded beside a recording, as pandas, NumPy and instruments write them.

good/NAME.EXT is read; good/NAME.EXT.npy holds its times and values (rows, 1 + columns) in f64, times in the file's own
unit. bad/NAME.EXT must be refused; bad/reasons.csv holds a word of the reason for each. Needs numpy and pandas.
Run: python make_signals.py
"""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parent / "data" / "signals"
GOOD, BAD = ROOT / "good", ROOT / "bad"
rng = np.random.default_rng(11)
nan = float("nan")
reasons = []


def good(name, text, expected):
    data = text if isinstance(text, bytes) else text.encode()
    (GOOD / name).write_bytes(data)
    np.save(GOOD / f"{name}.npy", np.ascontiguousarray(expected, dtype="<f8"))


def bad(name, text, word):
    (BAD / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    reasons.append((name, word))


def main():
    for folder in (GOOD, BAD):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()

    t = np.arange(40) * 0.25
    u = np.sin(t) + rng.normal(0, 0.1, 40)
    p = 1013.25 + rng.normal(0, 1, 40)
    both = np.column_stack([t, u, p])
    frame = pd.DataFrame({"time_ms": t, "U (V)": u, "p [mbar]": p})
    good("pandas.csv", frame.to_csv(index=False), both)
    good("german.csv", frame.to_csv(index=False, sep=";", decimal=","), both)
    good("tabs.tsv", frame.to_csv(index=False, sep="\t").encode("utf-16"), both)

    text = io.StringIO()
    np.savetxt(text, both, header="time[s] U[V] p[mbar]")
    good("savetxt.txt", text.getvalue(), both)

    # The reference program's own kind: milliseconds, negative ones among them.
    offset = np.arange(-5, 25) * 2.0
    tof = np.exp(-(((offset - 10) / 8) ** 2))
    records = pd.DataFrame({"offset": offset, "tof_data": tof})
    good("tof.json", records.to_json(orient="records", double_precision=15), np.column_stack([offset, np.round(tof, 15)]))
    exact = [{"offset": o, "tof_data": v} for o, v in zip(offset.tolist(), tof.tolist())]
    good("records.json", json.dumps(exact, indent=1), np.column_stack([offset, tof]))
    good("tof.csv", records.to_csv(index=False), np.column_stack([offset, tof]))

    gaps = u.copy()
    gaps[[3, 17]] = nan
    lists = {"device": "PDA36A", "t (s)": t.tolist(), "diode / V": gaps.tolist(), "range": [0, 1]}
    del lists["range"]
    good("arrays.json", json.dumps(lists), np.column_stack([t, gaps]))
    good("pairs.json", json.dumps(np.column_stack([t, u]).tolist()), np.column_stack([t, u]))
    rows = [["time_us", "open"]] + [[int(i), bool(i % 3)] for i in range(9)]
    good("rows.json", json.dumps({"rows": rows}), [[i, float(bool(i % 3))] for i in range(9)])
    good("numbers.json", json.dumps(u.tolist()), np.column_stack([np.arange(40), u]))

    good("gaps.csv", frame.assign(**{"U (V)": gaps}).to_csv(index=False), np.column_stack([t, gaps, p]))

    # Loggers: dates and clocks, with words and units in lines of their own.
    moments = pd.date_range("2026-11-28 12:00:00", periods=6, freq="500ms")
    since = np.arange(6) * 0.5
    values = np.array([20.5, 20.75, 21.0, 20.25, 19.5, 19.0])
    log = pd.DataFrame({"timestamp": moments.strftime("%Y-%m-%dT%H:%M:%S.%f"), "T1": values})
    good("dates.csv", log.to_csv(index=False), np.column_stack([since, values]))
    lines = ["Logger 3;;", "Date;Time;Oven", ";;(°C)"]
    lines += [f"{m:%d.%m.%Y};{m:%H:%M:%S.%f};{v:.2f}" for m, v in zip(moments, values)]
    good("logger.csv", "\r\n".join(lines).encode("latin-1"), np.column_stack([since, values]))
    epoch = 1795867200 + since
    good("epoch.dat", "\n".join(f"{e:.3f} {v}" for e, v in zip(epoch, values)), np.column_stack([since, values]))

    # Out of order, doubled, and interrupted.
    messy = "t,x\n3,30\n1,10\n2,20\nsensor restarted\n1,14\n4,\n,7\n5,nan\n6,60\n"
    good("messy.csv", messy, [[1, 12], [2, 20], [3, 30], [4, nan], [5, nan], [6, 60]])
    good("odd_lines.csv", "t,a,b\n0,1,2\n1,3\n2,5,6,7\n3,8,9\n", [[0, 1, 2], [1, 3, nan], [2, 5, 6], [3, 8, 9]])
    good("infinite.json", '[[0, Infinity], [1, -Infinity], [2, NaN], [3, "\\"NaN"], [4, 1]]',
         [[0, np.inf], [1, -np.inf], [2, nan], [3, nan], [4, 1]])
    good("frames.csv", "frame,time_s,A_mean\n4,,1.5\n0,,2.5\n2,,3.5\n", [[0, 2.5], [2, 3.5], [4, 1.5]])
    good("one_column.txt", "# counts\n5\n7\n9\n", [[0, 5], [1, 7], [2, 9]])
    good("nanoseconds.csv", "timestamp_ns,x\n1795867200000000001,1\n1795867200000000003,2\n", [[0, 1], [2, 2]])
    good("nothing_but_zero.csv", "t,x\n-1,1\n5.551115123125783e-17,2\n1,3\n", [[-1, 1], [0, 2], [1, 3]])

    bad("empty.csv", "", "it is empty")
    bad("blank.json", " \n\t\n", "it is empty")
    bad("no_rows.json", "[]", "holds no number")
    bad("no_rows.csv", "offset,tof_data\n", "no line of numbers")
    bad("words.csv", "time,what\nfirst,begin\nsecond,end\n", "no line of numbers")
    bad("object.json", '{"a": 1}', "without an array")
    bad("number.json", "[", "no JSON")
    bad("cut.json", '[{"offset": 1, "tof_data": 2}, {"offset": 2, "to', "no JSON")
    bad("lengths.json", '{"t": [1, 2, 3], "x": [1, 2]}', "'x' has 2 values, 3 expected")
    bad("no_values.csv", "time,frame\n1,0\n2,1\n", "no value beside the times")
    bad("no_times.csv", "time_s,x,y\ninf,1,2\ninf,3,4\n", "no row has a time")
    bad("both_marks.csv", "t;x\n1,5;2,5\n2.5;3.5\n", "a decimal point found")
    bad("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "it is no text")
    with open(BAD / "reasons.csv", "w") as file:
        file.writelines(f'{name},"{word}"\n' for name, word in reasons)


main()

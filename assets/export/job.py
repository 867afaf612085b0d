# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch==2.13.0",
#     "transformers==5.24.0",
#     "peft==0.21.2",
#     "accelerate==1.15.0",
#     "safetensors==0.8.0",
# ]
# ///
"""Trains one run of a CoTo Studio bundle with Hugging Face Transformers and PEFT, e.g. on a GPU node without CoTo Studio.

    uv run job.py INDEX [--bf16] [--bundle FOLDER]

A second worker beside `coto job FOLDER INDEX`: it writes the same kind of result into `results/`, which `coto study collect`
imports. The first attempt at a run that ends counts, whichever worker made it.
"""

import argparse
import errno
import gzip
import hashlib
import json
import os
import shutil
import socket
import statistics
import sys
import time
import traceback
import uuid
from pathlib import Path

FORMAT = 1
BUNDLE = Path(__file__).resolve().parent  # or what --bundle names
# What mounted buckets answer to a rename of a folder.
WITHOUT_RENAME = (errno.ENOSYS, errno.EOPNOTSUPP, errno.EXDEV, errno.EPERM, errno.EACCES)


def main():
    parser = argparse.ArgumentParser(description="Train one run of a CoTo Studio bundle with Transformers and PEFT.")
    parser.add_argument("index", type=int, help="the number of the run, from 0")
    parser.add_argument("--bf16", action="store_true", help="mixed precision, for GPUs that have it")
    parser.add_argument("--bundle", type=Path, help="its folder, where this script runs from elsewhere")
    options = parser.parse_args()
    if options.bundle is not None:
        globals()["BUNDLE"] = options.bundle.resolve()
    study = read_json(BUNDLE / "study.json")
    if study["format"] != FORMAT:
        parser.error(f"study.json has the format {study['format']}, and this script reads {FORMAT}")
    job = next((one for one in study["jobs"] if one["index"] == options.index), None)
    if job is None:
        parser.error(f"the bundle has no job {options.index}: its {len(study['jobs'])} jobs are numbered from 0")
    attempt = Attempt(study, job)
    if (attempt.target / "manifest.json").exists():
        print(f"{job['title']}: its result is there already.")
        return
    try:
        attempt.train(options.bf16)
    except BaseException as error:
        attempt.fail(error)
        raise


class Attempt:
    """One try of one job."""

    def __init__(self, study, job):
        self.study = study
        self.job = job
        self.id = str(uuid.uuid4())
        self.started = now()
        self.target = BUNDLE / "results" / job["runId"]
        self.folder = self.target.with_name(f"{job['runId']}.tmp-{self.id}")

    def train(self, bf16):
        self.folder.mkdir(parents=True)
        own = BUNDLE / "python" / self.job["runId"]
        config = read_json(own / "run.json")
        progress = Progress(self.folder / "progress.jsonl", self.id)
        progress.add("Starting", 0, 0)
        base = folder_of_input("model", config["model"])
        steps = run_script(own, base, self.folder / "adapter", bf16, progress)
        self.describe(config, read_json(own / "settings.json"), read_json(own / "plan.json"), steps, bf16)
        self.publish()

    def describe(self, config, settings, plan, times, bf16):
        """Writes what the run is known by: its history, run.json and, last, manifest.json."""
        recorded = self.folder / "adapter" / "history.json"
        history = read_json(recorded)
        recorded.unlink()
        shutil.rmtree(f"{self.folder / 'adapter'}-checkpoints", ignore_errors=True)
        for readme in self.folder.glob("adapter/README.md"):
            readme.unlink()
        logged, scores = history["steps"], history["evaluation"]
        done = len(times)
        write_history(self.folder, done, columns_of(logged, scores, done))
        metrics = {name.removeprefix("eval_"): value for name, value in scores.items()}
        shares = [sum(map(int, mask)) / len(mask) for mask in plan["active"][:done] if mask]
        milliseconds = [1000 * seconds for seconds in times] or [0]
        ended = now()
        result = {
            "steps": done,
            "accuracy": metrics.get("accuracy"),
            "evalLoss": metrics.get("loss"),
            "trainLoss": logged[-1]["loss"] if logged else None,
            "metrics": {name: value for name, value in metrics.items() if is_number(value)},
            "best": None,
            "stoppedEarly": done < settings["max_steps"],
            "forgetting": None,
            "meanStepMilliseconds": statistics.fmean(milliseconds),
            "medianStepMilliseconds": statistics.median(milliseconds),
            "meanActiveShare": statistics.fmean(shares) if shares else 1,
            "trainSeconds": sum(times),
        }
        run = {
            "format": FORMAT,
            "config": config,
            "step": done,
            "facts": None,
            "result": result,
            "adapter": {
                "checkpoint": "best" if settings["load_best_model_at_end"] else "last",
                "step": done,
                "accuracy": result["accuracy"],
                "metrics": result["metrics"],
            },
            "createdAt": self.started,
            "startedAt": self.started,
            "finishedAt": ended,
            "log": [{"at": ended, "level": "info", "text": f"Trained by job.py with {versions()}{' in bf16' if bf16 else ''}."}],
        }
        write_json(self.folder / "run.json", run)
        files = [path for path in sorted(self.folder.rglob("*")) if path.is_file()]
        manifest = {
            **self.identity(),
            "program": self.study["program"],
            "computeBackend": "pytorch",
            "startedAt": self.started,
            "finishedAt": ended,
            "files": [described(path, self.folder) for path in files],
        }
        write_json(self.folder / "manifest.json", manifest)

    def publish(self):
        """Gives the result its name when it is on the disk; the first one counts."""
        for path in [*self.folder.rglob("*"), self.folder]:
            sync(path)
        try:
            os.rename(self.folder, self.target)
        except OSError as error:
            if error.errno in WITHOUT_RENAME and not self.target.exists():
                self.copy()
                return
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) and not self.target.exists():
                raise
            shutil.rmtree(self.folder, ignore_errors=True)
            print(f"{self.job['title']}: another attempt has written its result meanwhile, and that one counts.")
            return
        sync(self.target.parent)
        print(f"{self.job['title']}: trained. {self.target}")

    def copy(self):
        """Publishes file by file where a bucket cannot rename a folder: a result counts from its manifest on."""
        shutil.copytree(self.folder, self.target, ignore=lambda folder, _: ["manifest.json"] if Path(folder) == self.folder else [])
        shutil.copyfile(self.folder / "manifest.json", self.target / "manifest.json")
        shutil.rmtree(self.folder, ignore_errors=True)
        print(f"{self.job['title']}: trained. {self.target}")

    def fail(self, error):
        shutil.rmtree(self.folder, ignore_errors=True)
        words = traceback.format_exception_only(error)[-1].strip()
        value = {"code": "internal", "message": words, "hint": None, "details": None}
        file = self.target.with_name(f"{self.job['runId']}.failed-{self.id}.json")
        part = file.with_suffix(".part")
        write_json(part, {**self.identity(), "at": now(), "error": value})
        os.replace(part, file)

    def identity(self):
        return {
            "format": FORMAT,
            "bundle": self.study["id"],
            "run": self.job["runId"],
            "index": self.job["index"],
            "attempt": self.id,
            "host": socket.gethostname(),
        }


class Progress:
    """Appends a line when a second, or a hundredth of the time so far, has passed since the last one."""

    def __init__(self, file, attempt):
        self.file = file
        self.attempt = attempt
        self.begun = time.monotonic()
        self.written = float("-inf")

    def add(self, phase, step, steps, loss=None):
        passed = time.monotonic() - self.begun
        if time.monotonic() - self.written < max(1, passed / 100):
            return
        self.written = time.monotonic()
        remaining = passed / step * (steps - step) if step else None
        line = {"attempt": self.attempt, "at": now(), "phase": phase, "step": step, "steps": steps, "loss": loss, "etaSeconds": remaining}
        with open(self.file, "a") as log:
            log.write(json.dumps(line) + "\n")


def run_script(own, base, output, bf16, progress):
    """Runs train.py of the run in this process; seconds of each optimizer step."""
    sys.path.insert(0, str(own))
    import train
    import transformers

    times = []

    class Watch(transformers.TrainerCallback):
        def on_step_begin(self, args, state, control, **_):
            self.begun = time.monotonic()

        def on_step_end(self, args, state, control, **_):
            times.append(time.monotonic() - self.begun)
            loss = next((entry["loss"] for entry in reversed(state.log_history) if is_number(entry.get("loss"))), None)
            progress.add("Training", state.global_step, state.max_steps, loss)

    class Watched(train.Trainer):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.add_callback(Watch())

    train.Trainer = Watched
    sys.argv = ["train.py", "--model", str(base), "--output", str(output), *(["--bf16"] if bf16 else [])]
    train.main()
    return times


def folder_of_input(role, name):
    """Where an input is on this machine, its files held to their SHA-256."""
    inputs = read_json(BUNDLE / "inputs.json")["inputs"]
    found = next(one for one in inputs if one["role"] == role and one["id"] == name)
    place = found["place"]
    if place["kind"] == "in-place":
        folder = Path(place["folder"])
    elif place["kind"] == "blobs":
        folder = named_blobs(found)
    else:
        sys.exit(f'The {role} "{found["name"]}" comes with CoTo Studio and is not in this bundle: write it again with --python.')
    for file in found["files"]:
        path = folder / file["path"]
        if not path.is_file() or described(path, folder)["sha256"] != file["sha256"]:
            sys.exit(f'The {role} "{found["name"]}" is not what the bundle was written with: {path}.')
    return folder / found["main"]


def named_blobs(found):
    """A folder in which blobs have their names, made by whoever needs it first."""
    folder = BUNDLE / "blobs" / "folders" / f"{found['role']}-{found['sha256'][:32]}"
    if folder.exists():
        return folder
    part = folder.with_name(f"{folder.name}.tmp-{uuid.uuid4()}")
    for file in found["files"]:
        to = part / file["path"]
        to.parent.mkdir(parents=True, exist_ok=True)
        blob = BUNDLE / "blobs" / "sha256" / file["sha256"]
        try:
            os.link(blob, to)
        except OSError:
            shutil.copyfile(blob, to)
    try:
        os.rename(part, folder)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def columns_of(logged, scores, done):
    names = {"loss": "loss", "learning_rate": "learning_rate"}
    columns = []
    for name, key in names.items():
        entries = [(entry["step"], entry[key]) for entry in logged if is_number(entry.get(key))]
        columns.append({"name": name, "steps": [step for step, _ in entries], "values": [value for _, value in entries]})
    columns += [{"name": name, "steps": [done], "values": [value]} for name, value in scores.items() if is_number(value)]
    return [column for column in columns if column["steps"]]


def write_history(folder, step, columns):
    (folder / "history").mkdir()
    content = {"format": FORMAT, "step": step, "columns": columns, "masks": []}
    (folder / "history" / "000000.json.gz").write_bytes(gzip.compress(json.dumps(content).encode()))


def described(path, folder):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(2**20):
            digest.update(piece)
    return {"path": path.relative_to(folder).as_posix(), "sha256": digest.hexdigest(), "bytes": path.stat().st_size}


def versions():
    import peft
    import torch
    import transformers

    return f"PyTorch {torch.__version__}, Transformers {transformers.__version__}, PEFT {peft.__version__}"


def is_number(value):
    return isinstance(value, (int, float)) and value == value and abs(value) != float("inf")


def now():
    return int(1000 * time.time())


def read_json(path):
    return json.loads(Path(path).read_text())


def write_json(path, value):
    Path(path).write_text(json.dumps(value, allow_nan=False) + "\n")


def sync(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


if __name__ == "__main__":
    main()

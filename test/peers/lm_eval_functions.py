"""Results of functions in lm-eval's own task folders for rows that are given, as JSON."""

import importlib.util
import json
import pathlib
import random
import sys

import lm_eval.tasks

import squad_metrics

squad_metrics.register()
given = json.load(sys.stdin)
tasks = pathlib.Path(lm_eval.tasks.__file__).parent


class Rows(list):
    """A data set with the two methods that the functions use."""

    def filter(self, keep):
        return Rows(row for row in self if keep(row))

    def map(self, change):
        return Rows({**row, **change(row)} for row in self)


def results(folder, reference, rows, gives, answers):
    module, name = reference.split(".")
    file = tasks / folder / f"{module}.py"
    spec = importlib.util.spec_from_file_location(f"{folder}.{module}", file)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    # lm-eval's own seed for everything that draws from Python's generator.
    random.seed(0)
    function = getattr(loaded, name)
    source = file.read_text(encoding="utf-8")
    if gives == "counted-text":
        # The words and bytes that it counts.
        counts = [function(row, [0.0]) for row in rows]
        found = [[one["word_perplexity"][1], one["byte_perplexity"][1]] for one in counts]
    elif gives == "documents":
        found = function(Rows(rows))
    elif gives == "aggregation":
        found = [function([tuple(item) for item in items]) for items in answers]
    elif gives == "text-scores":
        found = [function(row, [text]) for row, text in zip(rows, answers)]
    elif gives == "likelihood-scores":
        found = [function(row, [tuple(pair) for pair in pairs]) for row, pairs in zip(rows, answers)]
    else:
        found = [function(row) for row in rows]
    return {"source": source, "results": found}


print(json.dumps([results(**one) for one in given], default=lambda value: value.item()))

"""Early stopping and the best checkpoint, by the evaluations of the studio and the rules of Transformers."""

import torch
import transformers


class Choosing(transformers.TrainerCallback):
    """Evaluates every `eval_steps` with all adapters on, keeps the best weights and stops when patience has run out."""

    def __init__(self, model, score, settings, schedule):
        self.score = score
        self.schedule = schedule
        self.every, self.last_step = settings["eval_steps"], settings["max_steps"]
        self.metric = "eval_" + settings["metric_for_best_model"]
        self.sign = 1 if settings["greater_is_better"] else -1
        self.patience, self.threshold = settings["early_stopping_patience"], settings["early_stopping_threshold"]
        self.trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        self.best, self.best_step, self.weights = None, None, None
        self.without_improvement = 0

    def on_step_end(self, args, state, control, **_):
        if self.every == 0 or state.global_step % self.every != 0 or state.global_step >= self.last_step:
            return
        if self.schedule:
            self.schedule.everything_on()
        self.take(self.score(), state.global_step)
        if 0 < self.patience <= self.without_improvement:
            control.should_training_stop = True

    def take(self, scores, step):
        """Takes in one evaluation. A correlation that is not defined is no improvement."""
        value = self.sign * scores[self.metric] if self.metric in scores else None
        gain = None if value is None or self.best is None else value - self.best
        improves = value is not None and (gain is None or gain > self.threshold)
        self.without_improvement = 0 if improves else self.without_improvement + 1
        if self.best_step is None or (value is not None and (gain is None or gain > 0)):
            self.best, self.best_step = value, step
            self.weights = {name: parameter.detach().clone() for name, parameter in self.trained.items()}

    def load_best(self):
        with torch.no_grad():
            for name, parameter in self.trained.items():
                parameter.copy_(self.weights[name])

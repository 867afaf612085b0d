"""Makes test/golden/lycoris: adapter files of LyCORIS's kinds on the golden llama, of convolutions, and of XLabs, with what each
changes, for test/engine/formats/adapters/lycoris.test.ts.

usage: python test/golden/make/make-lycoris-golden.py
needs: pip install torch transformers==5.24 peft==0.21.2 safetensors lycoris-lora==4.1.3 diffusers==0.42.1

Per case: <case>.safetensors as the program writes it, and <case>.expected.safetensors: ΔW [out, in · window] by module, and
`<module>:bias`. The cases on the llama keep four modules. The functions are those of test/peers/zoo/adapters.py.
"""

import shutil
import sys

import torch
from safetensors.torch import load_file, save_file

from folders import GOLDEN, OUTPUT

sys.path.insert(0, str(GOLDEN.parent / "peers" / "zoo"))
import adapters  # noqa: E402

FOLDER = OUTPUT / "lycoris"
KEPT = ("layers.0.self_attn.q_proj", "layers.0.self_attn.v_proj", "layers.1.mlp.down_proj", "layers.2.mlp.up_proj")
CASES = {
    "locon": "LoCon",
    "dora-of-inputs": "LoCon with DoRA of the inputs",
    "loha-dora": "LoHa with DoRA",
    "lokr-unbalanced": "LoKr, unbalanced",
    "lokr-dora": "LoKr with DoRA",
    "glora": "GLoRA",
    "full": "full",
    "diag-oft": "diag-OFT, rescaled",
    "diag-oft-constrained": "diag-OFT, constrained",
    "boft": "BOFT, rescaled",
    "ia3": "(IA)³",
    "tlora": "T-LoRA",
    "norms": "normalizations too",
}
CONVOLUTIONS = {"loha-tucker": "LoHa of convolutions, Tucker", "full-convolution": "full of convolutions"}


class Named(adapters.Zoo):
    """Writes one case under its name, with the modules that are kept."""

    def write(self, case, keep, make):
        made = len(self.entries)
        make()
        path = self.folder / self.entries[made]["path"]
        expected = path.with_name(f"{path.name}.expected.safetensors")
        flat = [name.replace(".", "_") for name in keep]
        tensors = {key: tensor for key, tensor in load_file(path).items() if not keep or any(name in key for name in flat)}
        updates = {key: tensor for key, tensor in load_file(expected).items() if not keep or any(name in key for name in keep)}
        save_file(tensors, self.folder / f"{case}.safetensors")
        save_file(updates, self.folder / f"{case}.expected.safetensors")
        path.unlink()
        expected.unlink()


shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir(parents=True)
zoo = Named(GOLDEN, FOLDER)
for case, name in CASES.items():
    settings = adapters.ALGORITHMS[name]
    # LyCORIS trains normalizations with a shift alone, which a Llama has none of.
    base, keep = ("opt", ("layers.0.self_attn_layer_norm",)) if case == "norms" else ("llama", KEPT)
    zoo.write(case, keep, lambda: adapters.save_lycoris(zoo, zoo.base(base), base, name, settings))
settings = adapters.ALGORITHMS["LoCon"]
for case, dtype in (("locon-e4m3", torch.float8_e4m3fn), ("locon-e5m2", torch.float8_e5m2)):
    zoo.write(case, KEPT, lambda: adapters.save_lycoris(zoo, zoo.base("llama"), "llama", case, settings, dtype))
for case, name in CONVOLUTIONS.items():
    settings = adapters.CONVOLUTIONS[name]
    zoo.write(case, (), lambda: adapters.save_lycoris(zoo, adapters.Blocks(), None, name, settings))
zoo.write("xlabs", (), lambda: adapters.make_xlabs(zoo))
for left in FOLDER.glob("[0-9]*"):
    left.unlink()

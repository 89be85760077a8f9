"""A tiny model with random weights and a tokenizer that is trained on the texts at hand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
SPECIAL = ["<unk>", "</s>", "<pad>", "<system>", "<user>", "<assistant>"]


def tokenizer_of(texts: Iterable[str], *, words: int = 400, template: str | None = TEMPLATE) -> Any:
    """A tokenizer of byte pairs."""
    import tokenizers  # noqa: PLC0415 - of the extra
    import transformers  # noqa: PLC0415 - of the extra

    inner = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=words,
        special_tokens=SPECIAL,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(texts, trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        chat_template=template,
    )


def model_of(tokenizer: Any, *, width: int = 64, spread: float = 0.02) -> Any:
    """Two layers of a Llama; with a wide ``spread`` an adapter alone can change what it says."""
    import torch  # noqa: PLC0415 - of the extra
    import transformers  # noqa: PLC0415 - of the extra

    torch.manual_seed(0)
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=512,
            initializer_range=spread,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def save(folder: Path, texts: Iterable[str], *, template: str | None = TEMPLATE) -> Path:
    """Model and tokenizer as a folder that trainers take."""
    import transformers  # noqa: PLC0415 - of the extra

    transformers.utils.logging.disable_progress_bar()
    tokenizer = tokenizer_of(texts, words=1024, template=template)
    model_of(tokenizer, spread=0.15).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder

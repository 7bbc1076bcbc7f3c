"""A MusicGen as small as can be, of random weights, in the files that its makers publish."""

from pathlib import Path
from typing import Any

RATE = 3_200


def make_tiny_musicgen(folder: Path, *, melody: bool = False, stereo: bool = False, seed: int = 0) -> None:
    """Write its configuration, weights and tokenizer into a folder."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    torch.manual_seed(seed)
    codec = transformers.EncodecConfig(
        sampling_rate=RATE,
        target_bandwidths=[1.2],
        num_filters=4,
        num_residual_layers=1,
        num_lstm_layers=1,
        hidden_size=16,
        codebook_size=64,
        codebook_dim=16,
        upsampling_ratios=[8, 8],
        use_causal_conv=False,
        norm_type="weight_norm",
    )
    words = transformers.T5Config(vocab_size=32, d_model=16, d_kv=4, d_ff=16, num_layers=1, num_heads=2)
    kinds: tuple[Any, Any, Any] = (
        (
            transformers.MusicgenMelodyConfig,
            transformers.MusicgenMelodyDecoderConfig,
            transformers.MusicgenMelodyForConditionalGeneration,
        )
        if melody
        else (
            transformers.MusicgenConfig,
            transformers.MusicgenDecoderConfig,
            transformers.MusicgenForConditionalGeneration,
        )
    )
    decoder = kinds[1](
        vocab_size=64,
        hidden_size=16,
        num_hidden_layers=1,
        ffn_dim=32,
        num_attention_heads=2,
        num_codebooks=codec.num_quantizers * (2 if stereo else 1),
        audio_channels=2 if stereo else 1,
        pad_token_id=64,
        bos_token_id=64,
    )
    model = kinds[2](kinds[0](text_encoder=words.to_dict(), audio_encoder=codec.to_dict(), decoder=decoder.to_dict()))
    for layer in model.audio_encoder.quantizer.layers:  # they begin as silence
        layer.codebook.embed.normal_()
    for name, weights in model.named_parameters():  # as they begin, what is asked for makes no difference
        if weights.dim() > 1 and not name.startswith("audio_encoder."):
            weights.data.normal_(0.0, 0.5)
    generation = model.generation_config
    generation.decoder_start_token_id = generation.pad_token_id = generation.bos_token_id = 64
    generation.max_length = 1503
    model.save_pretrained(folder)
    vocabulary = {word: number for number, word in enumerate(["<pad>", "</s>", "<unk>", "calm", "piano", "techno"])}
    tokens = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokens.pre_tokenizer = pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokens, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)

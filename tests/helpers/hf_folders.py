"""Small networks of transformers with random weights, saved as their folders are."""

import json
import string

import torch
from transformers import (
    HubertConfig,
    HubertForCTC,
    SeamlessM4TFeatureExtractor,
    Wav2Vec2BertConfig,
    Wav2Vec2BertForCTC,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
)

SYMBOLS = ["<pad>", "<s>", "</s>", "<unk>", "|", *string.ascii_uppercase, "'"]
_SMALL = dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=48, vocab_size=len(SYMBOLS))
_WAVES = dict(
    **_SMALL,
    conv_dim=(16,) * 7,
    num_conv_pos_embeddings=8,
    num_conv_pos_embedding_groups=2,
    pad_token_id=0,
)


def _save(folder, network, extractor):
    network.save_pretrained(folder)
    extractor.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({symbol: i for i, symbol in enumerate(SYMBOLS)}))
    return folder


def wav2vec2_base(folder, **config):
    """As wav2vec2-base: group norm in the convolutions, trained without an attention mask."""
    torch.manual_seed(0)
    network = Wav2Vec2ForCTC(Wav2Vec2Config(**{**_WAVES, "feat_extract_norm": "group", **config}))
    return _save(folder, network, Wav2Vec2FeatureExtractor(return_attention_mask=False))


def wav2vec2_large(folder, **config):
    """As wav2vec2-large-lv60: layer norm, with an attention mask; dropout and layer drop to show that they are off."""
    torch.manual_seed(1)
    config = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "layerdrop": 0.5, **config}
    network = Wav2Vec2ForCTC(Wav2Vec2Config(**{**_WAVES, **config}))
    return _save(folder, network, Wav2Vec2FeatureExtractor(return_attention_mask=True))


def hubert(folder):
    torch.manual_seed(2)
    config = HubertConfig(**_WAVES, feat_extract_norm="layer", do_stable_layer_norm=True)
    return _save(folder, HubertForCTC(config), Wav2Vec2FeatureExtractor(return_attention_mask=True))


def wav2vec2_bert(folder, **config):
    torch.manual_seed(3)
    config = Wav2Vec2BertConfig(**_SMALL, feature_projection_input_dim=160, pad_token_id=0, **config)
    return _save(folder, Wav2Vec2BertForCTC(config), SeamlessM4TFeatureExtractor())

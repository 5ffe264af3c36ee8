"""The shapes of the three networks: Stable Diffusion 2 inpainting's, every width and depth cut down."""
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

TEXT_WIDTH = 128
TOKENS = 77


def autoencoder() -> AutoencoderKL:
    """f = 8, four latent channels. The scaling factor is measured after training (train_unet.py)."""
    return AutoencoderKL(
        block_out_channels=(16, 32, 64, 96),
        layers_per_block=1,
        norm_num_groups=8,
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        latent_channels=4,
        sample_size=512,
        scaling_factor=1.0,
    )


def text_encoder(vocabulary_size: int) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary_size,
            hidden_size=TEXT_WIDTH,
            intermediate_size=4 * TEXT_WIDTH,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=TOKENS,
            hidden_act="gelu",
            projection_dim=TEXT_WIDTH,
            pad_token_id=0,
            bos_token_id=vocabulary_size - 2,
            eos_token_id=vocabulary_size - 1,
        )
    )


def unet() -> UNet2DConditionModel:
    """Attention from the second level on: at the first one it would cost more than everything else."""
    return UNet2DConditionModel(
        sample_size=64,
        in_channels=9,
        out_channels=4,
        block_out_channels=(64, 96, 128, 160),
        down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
        up_block_types=["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        layers_per_block=1,
        attention_head_dim=(2, 3, 4, 5),
        cross_attention_dim=TEXT_WIDTH,
        norm_num_groups=16,
        use_linear_projection=True,
    )

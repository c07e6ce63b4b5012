from .row_block_encoder_decoder import RowBlockEncoderDecoder

__all__ = ['RowBlockEncoderDecoder']

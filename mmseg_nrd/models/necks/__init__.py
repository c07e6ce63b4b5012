from .multi_resolution_fusion import MultiResolutionFusion

__all__ = ['MultiResolutionFusion']

"""Transformer blocks of the Llama family with many adapters, in fused kernels."""

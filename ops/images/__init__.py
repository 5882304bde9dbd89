"""The image lock: ask registries once, keep what they said, and prove from it offline what an image is.

A registry's documents form a chain: the index names each platform's manifest by its digest, the manifest its
configuration, and that says for which processors and which user the image was built (OCI image
specification). So with the index's digest pinned, the kept documents prove the rest without network.
"""

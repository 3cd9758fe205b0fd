#pragma once

/// GLINER_EXPORT marks what the shared library shows; everything else is hidden.
#if defined(GLINER_STATIC)
#define GLINER_EXPORT
#else
#define GLINER_EXPORT __attribute__((visibility("default")))
#endif

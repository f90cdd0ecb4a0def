// The nine functions that TensorRT's Python bindings want from TensorRT's own libraries, with nothing
// behind them, so that the bindings can be imported and asked what they offer where there is no
// TensorRT. Whatever would need a GPU is refused by a null pointer, as the real ones do without one.
#define MAKER(name) \
  void* name(void) { return (void*)0; }

MAKER(createInferBuilder_INTERNAL)
MAKER(createInferRefitter_INTERNAL)
MAKER(createInferRuntime_INTERNAL)
MAKER(createNvOnnxParserRefitter_INTERNAL)
MAKER(createNvOnnxParser_INTERNAL)
MAKER(getBuilderPluginRegistry)
MAKER(getPluginRegistry)

int getNvOnnxParserVersion(void) { return 0; }
int initLibNvInferPlugins(void) { return 0; }

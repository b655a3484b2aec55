// What must be done before TensorFlow is loaded, and only native code can do.
#include <fcntl.h>
#include <node_api.h>
#include <stdlib.h>  // defines __GLIBC__
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace {

int original = -1;

// keepMemory(): what is freed stays with the process. The tensors of a step are as large as those of the
// step before; returned to the system in between, each would be cleared page by page again.
napi_value KeepMemory(napi_env, napi_callback_info) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest that is allowed
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
  return nullptr;
}

// redirect(path): from now on standard error is this file. TensorFlow tells of itself while it is loaded,
// before it reads TF_CPP_MIN_LOG_LEVEL.
napi_value Redirect(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  char path[4096];
  size_t length;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (napi_get_value_string_utf8(env, argument, path, sizeof(path), &length) != napi_ok) {
    napi_throw_type_error(env, nullptr, "redirect takes a path");
    return nullptr;
  }
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || original >= 0) {
    if (file >= 0) close(file);
    napi_throw_error(env, nullptr, "standard error cannot be redirected");
    return nullptr;
  }
  original = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2(file, STDERR_FILENO);
  close(file);
  return nullptr;
}

// restore(): undoes redirect.
napi_value Restore(napi_env, napi_callback_info) {
  if (original >= 0) {
    dup2(original, STDERR_FILENO);
    close(original);
    original = -1;
  }
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"keepMemory", nullptr, KeepMemory, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"redirect", nullptr, Redirect, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"restore", nullptr, Restore, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
  return exports;
}

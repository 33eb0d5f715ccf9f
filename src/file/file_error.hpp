// errno → lockstep::Error, in this one place.
#pragma once

#include <string>

#include "file/file_system.hpp"
#include "model/error.hpp"

namespace lockstep {

// Code io or permission; cause in the system's words; a hint where there is something to do.
Error file_error(int error, std::string operation, std::string subject);

// The value, or file_error thrown.
template <class T>
T value_or_throw(Result<T> result, const char* operation, const std::string& subject) {
  if (!result) throw file_error(result.error(), operation, subject);
  return std::move(*result);
}
inline void done_or_throw(Done done, const char* operation, const std::string& subject) {
  if (!done) throw file_error(done.error(), operation, subject);
}

}  // namespace lockstep

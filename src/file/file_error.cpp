#include "file/file_error.hpp"

#include <cerrno>
#include <system_error>

namespace lockstep {

Error file_error(int error, std::string operation, std::string subject) {
  Error::Parts parts;
  parts.code = ErrorCode::io;
  parts.operation = std::move(operation);
  parts.subject = std::move(subject);
  parts.cause = std::generic_category().message(error);
  switch (error) {
    case EACCES:
      parts.code = ErrorCode::permission;
      parts.hint = "give the user that runs lockstep rights to it and to its folder";
      break;
    case EPERM:
      parts.code = ErrorCode::permission;
      parts.hint = "another user owns it, or it is protected: see lsattr and chattr";
      break;
    case EROFS:
      parts.code = ErrorCode::permission;
      parts.hint = "remount the file system for writing, or move the file";
      break;
    case ENOSPC:
      parts.hint = "the disk is full: free some space, then sync again; nothing was lost";
      parts.retryable = true;
      break;
    case EDQUOT:
      parts.hint = "the user's disk quota is used up: free some space, then sync again; nothing was lost";
      parts.retryable = true;
      break;
    case EIO:
      parts.hint = "the disk or its connection fails: see the system's log";
      break;
    case ENOENT:
    case ENOTDIR:
      parts.hint = "check the path, and that its folder exists";
      break;
    case ELOOP:
      parts.hint = "a symbolic link leads back to itself, or stands where a file is needed";
      break;
    case ENAMETOOLONG:
      parts.hint = "use a shorter path";
      break;
    case EMFILE:
    case ENFILE:
      parts.hint = "too many open files: raise the limit (ulimit -n)";
      parts.retryable = true;
      break;
    case EINTR:
    case EAGAIN:
    case ENOMEM:
    case ESTALE:
      parts.retryable = true;
      break;
    default:
      break;
  }
  return Error(std::move(parts));
}

}  // namespace lockstep

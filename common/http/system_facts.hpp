#pragma once

#include <string>
#include <sys/un.h>
#include <system_error>

/// What the system says of sockets. For the .cpp files of this folder.
namespace skerry::http {

inline constexpr std::size_t kSocketPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

/// The words for an errno.
inline std::string reason_of(int number) {
    return std::generic_category().message(number);
}

}  // namespace skerry::http

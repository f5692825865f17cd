#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "common/base/error.hpp"

namespace skerry::http {

using Acceptor =
    boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>;

/// A program that we start must not inherit the socket: it would hold the port, and look like a live server, when we
/// are long gone. Asio 1.74 does not see to that.
void keep_from_children(int descriptor);

struct TcpListener {
    Acceptor acceptor;
    std::uint16_t port;  ///< the one that the system chose, where 0 was asked for
};

/// The errors of Server::listen_tcp.
[[nodiscard]] Result<TcpListener> open_tcp(boost::asio::io_context& loop, const std::string& address,
                                           std::uint16_t port);

/// A socket file that we made. Its destructor removes it, unless another process has put its own in that place.
class SocketFile {
public:
    SocketFile() = default;
    /// Binds and sets the mode before anybody can connect. Conflict: another process was faster.
    /// Unavailable: the folder is missing or not writable.
    [[nodiscard]] static Result<SocketFile> bind(Acceptor& acceptor, const std::filesystem::path& path, unsigned mode);

    SocketFile(SocketFile&& other) noexcept;
    SocketFile& operator=(SocketFile&& other) noexcept;
    ~SocketFile();

private:
    std::filesystem::path path_;  ///< empty: nothing to remove
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

struct UnixListener {
    Acceptor acceptor;
    SocketFile file;
};

/// The errors of Server::listen_unix.
[[nodiscard]] Result<UnixListener> open_unix(boost::asio::io_context& loop, const std::filesystem::path& path,
                                             unsigned mode);

}  // namespace skerry::http

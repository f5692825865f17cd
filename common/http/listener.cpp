#include "common/http/listener.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "common/http/system_facts.hpp"

namespace skerry::http {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using SystemError = boost::system::error_code;

namespace {

/// Somebody accepts connections there. Errors: what stands in the way of knowing.
Result<bool> is_served(const std::string& path) {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return fail(ErrorCode::Unavailable, "no socket to be had: " + reason_of(errno));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const int connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int reason = connected == 0 ? 0 : errno;
    ::close(probe);
    if (reason == 0 || reason == EAGAIN) return true;  // EAGAIN: it is alive, and its queue is full
    if (reason == ECONNREFUSED || reason == ENOENT) return false;
    return fail(ErrorCode::Unavailable, "asking who serves " + path + ": " + reason_of(reason));
}

/// Makes room for a new socket file: removes the one that a dead process left behind.
Result<> clear_place(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return {};  // or its folder is missing, which bind will say
        return fail(ErrorCode::Unavailable, path + " cannot be used as a socket: " + reason_of(errno));
    }
    if (!S_ISSOCK(status.st_mode)) {
        return fail(ErrorCode::Conflict, path + " exists and is no socket: move it away or choose another path");
    }
    if (SKERRY_TRY(is_served(path))) {
        return fail(ErrorCode::Conflict, "another process serves " + path + ": stop it or choose another path");
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return fail(ErrorCode::Unavailable,
                    "removing the socket that a dead process left at " + path + ": " + reason_of(errno));
    }
    return {};
}

}  // namespace

void keep_from_children(int descriptor) {
    static_cast<void>(::fcntl(descriptor, F_SETFD, FD_CLOEXEC));
}

Result<TcpListener> open_tcp(asio::io_context& loop, const std::string& address, std::uint16_t port) {
    SystemError error;
    const auto numeric = asio::ip::make_address(address, error);
    if (error) {
        return fail(ErrorCode::InvalidInput, "'" + address +
                                                 "' is no IP address to listen on: write 127.0.0.1 for this machine "
                                                 "only, 0.0.0.0 for every network, or ::1");
    }
    const asio::ip::tcp::endpoint endpoint(numeric, port);
    Acceptor acceptor(loop);
    acceptor.open(stream_protocol(endpoint.protocol()), error);
    if (!error) keep_from_children(acceptor.native_handle());
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(stream_protocol::endpoint(endpoint), error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        const std::string place = address + " port " + std::to_string(port);
        if (error == asio::error::address_in_use) {
            return fail(ErrorCode::Unavailable,
                        place + " is taken: stop the program that listens there, or choose another port");
        }
        if (error.value() == EADDRNOTAVAIL) {
            return fail(ErrorCode::InvalidInput,
                        "this machine has no address " + address + ": 'ip address' lists them");
        }
        if (error == asio::error::access_denied) {
            return fail(ErrorCode::Unavailable, place + " is for root only: choose a port above 1023");
        }
        return fail(ErrorCode::Unavailable, "listening on " + place + ": " + error.message());
    }
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(acceptor.native_handle(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
        return fail(ErrorCode::Internal, "asking which port was given: " + reason_of(errno));
    }
    asio::ip::tcp::endpoint given;
    given.resize(size);
    std::memcpy(given.data(), &bound, size);
    return TcpListener{std::move(acceptor), given.port()};
}

Result<SocketFile> SocketFile::bind(Acceptor& acceptor, const std::filesystem::path& path, unsigned mode) {
    SystemError error;
    acceptor.bind(stream_protocol::endpoint(asio::local::stream_protocol::endpoint(path.string())), error);
    struct stat status {};
    if (!error && (::chmod(path.c_str(), mode) != 0 || ::lstat(path.c_str(), &status) != 0)) {
        error.assign(errno, boost::system::system_category());
        ::unlink(path.c_str());
    }
    if (error == asio::error::address_in_use) {
        return fail(ErrorCode::Conflict, "another process has just begun to serve " + path.string());
    }
    if (error) {
        return fail(ErrorCode::Unavailable, "making the socket " + path.string() + ": " + error.message() +
                                                ": its folder must exist and be writable for this user");
    }
    SocketFile file;
    file.path_ = path;
    file.device_ = status.st_dev;
    file.inode_ = status.st_ino;
    return file;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    return *this;
}

SocketFile::~SocketFile() {
    struct stat status {};
    if (path_.empty() || ::lstat(path_.c_str(), &status) != 0) return;
    if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
}

Result<UnixListener> open_unix(asio::io_context& loop, const std::filesystem::path& path, unsigned mode) {
    const std::string& text = path.native();
    if (text.empty() || text.size() > kSocketPathBytesMax || text.find('\0') != std::string::npos) {
        return fail(ErrorCode::InvalidInput, "the socket path '" + text + "' has " + std::to_string(text.size()) +
                                                 " bytes, may have 1 to " + std::to_string(kSocketPathBytesMax) +
                                                 ": choose a shorter directory");
    }
    SKERRY_TRY(clear_place(text));
    SystemError error;
    Acceptor acceptor(loop);
    acceptor.open(stream_protocol(asio::local::stream_protocol()), error);
    if (error) return fail(ErrorCode::Unavailable, "no socket to be had: " + error.message());
    keep_from_children(acceptor.native_handle());
    SocketFile file = SKERRY_TRY(SocketFile::bind(acceptor, path, mode));
    // Only from here can anybody connect, and by now the file has its mode.
    acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail(ErrorCode::Unavailable, "listening on " + text + ": " + error.message());
    return UnixListener{std::move(acceptor), std::move(file)};
}

}  // namespace skerry::http

#include "edge-node/learning/shared_mapping.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace skerry::node {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

tl::unexpected<Error> failed(const char* what, std::size_t bytes) {
    return fail(ErrorCode::Unavailable,
                std::string(what) + " " + std::to_string(bytes) +
                    " bytes shared with the learner: " + std::generic_category().message(errno));
}

std::byte* map(int fd, std::size_t bytes) {
    void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return base == MAP_FAILED ? nullptr : static_cast<std::byte*>(base);
}

}  // namespace

Result<SharedMapping> SharedMapping::create(std::size_t bytes) {
    SharedMapping mapping(::memfd_create("skerry-learner-exchange", MFD_CLOEXEC | MFD_ALLOW_SEALING), nullptr, 0);
    if (mapping.fd_ < 0) return failed("making", bytes);
    if (::ftruncate(mapping.fd_, static_cast<off_t>(bytes)) != 0) return failed("taking", bytes);
    if (::fcntl(mapping.fd_, F_ADD_SEALS, kSeals) != 0) return failed("sealing", bytes);
    mapping.base_ = map(mapping.fd_, bytes);
    if (mapping.base_ == nullptr) return failed("mapping", bytes);
    mapping.bytes_ = bytes;
    return mapping;
}

Result<SharedMapping> SharedMapping::adopt(int fd) {
    SharedMapping mapping(fd, nullptr, 0);
    struct stat status {};
    const int seals = ::fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || ::fstat(fd, &status) != 0 || status.st_size <= 0) {
        return fail(ErrorCode::InvalidInput, "what came with the request is no sealed memory file");
    }
    const auto bytes = static_cast<std::size_t>(status.st_size);
    mapping.base_ = map(fd, bytes);
    if (mapping.base_ == nullptr) return failed("mapping", bytes);
    mapping.bytes_ = bytes;
    return mapping;
}

void SharedMapping::give_back() {
    // The seals forbid another size, not a hole. Where the kernel can't make one the memory stays.
    static_cast<void>(::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes_)));
}

SharedMapping::SharedMapping(SharedMapping&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      base_(std::exchange(other.base_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)) {}

SharedMapping& SharedMapping::operator=(SharedMapping&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(base_, other.base_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

SharedMapping::~SharedMapping() {
    if (base_ != nullptr) ::munmap(base_, bytes_);
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace skerry::node

#pragma once

#include <cstddef>
#include <span>

#include "common/base/error.hpp"

namespace skerry::node {

/// A piece of memory that two processes see. It can neither shrink nor grow once made, so that neither side can take
/// pages away under the other (which would be a SIGBUS there). Not thread-safe; one writer at a time by agreement.
class SharedMapping {
public:
    /// Zeroed memory of at least `bytes`. Unavailable: not enough memory or file handles.
    [[nodiscard]] static Result<SharedMapping> create(std::size_t bytes);
    /// Maps what a peer made, all of it; takes `fd` over. InvalidInput: it could still shrink, or is no memory file.
    [[nodiscard]] static Result<SharedMapping> adopt(int fd);

    SharedMapping(SharedMapping&& other) noexcept;
    SharedMapping& operator=(SharedMapping&& other) noexcept;
    ~SharedMapping();

    /// Gives its memory back to the system, on both sides; it is as large as before and zero. While nobody else uses
    /// it.
    void give_back();

    [[nodiscard]] std::span<std::byte> bytes() const { return {base_, bytes_}; }
    /// To pass on; still owned here.
    [[nodiscard]] int fd() const { return fd_; }

private:
    SharedMapping(int fd, std::byte* base, std::size_t bytes) : fd_(fd), base_(base), bytes_(bytes) {}

    int fd_ = -1;
    std::byte* base_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace skerry::node

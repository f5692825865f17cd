#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "common/wire/codec.hpp"
#include "common/wire/sealed_update.hpp"
#include "common/wire/token.hpp"

namespace {

using namespace skerry;

// Whatever is refused is refused as bad input, and whatever is accepted can be sent on and read back the same.
template <class Decode>
void decode_and_repeat(Decode decode, const wire::Frames& frames) {
    const auto message = decode(frames);
    if (!message) {
        if (message.error().code != ErrorCode::InvalidInput) std::abort();
        return;
    }
    const auto again = decode(wire::encode(*message));
    if (!again || !(*again == *message)) std::abort();
}

}  // namespace

// The first byte chooses the parser, the second whether a payload frame follows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = std::as_bytes(std::span(data, size));
    if (input.size() < 2) return 0;
    const ByteView rest = input.subspan(2);
    wire::Frames frames = {copy_of(rest)};
    if (std::to_integer<int>(input[1]) % 2 == 1) frames.push_back(copy_of(rest));
    switch (std::to_integer<int>(input[0]) % 6) {
        case 0:
            decode_and_repeat(wire::decode_from_node, frames);
            break;
        case 1:
            decode_and_repeat(wire::decode_from_coordinator, frames);
            break;
        case 2:
            decode_and_repeat(wire::decode_join_request, frames);
            break;
        case 3:
            decode_and_repeat(wire::decode_join_reply, frames);
            break;
        case 4:
            static_cast<void>(wire::read_header(rest));
            break;
        default:
            static_cast<void>(wire::parse_token(text_of(rest)));
            break;
    }
    return 0;
}

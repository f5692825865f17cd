#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "common/wire/codec.hpp"
#include "common/wire/difference_codec.hpp"
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

constexpr std::size_t kSegments[] = {3, 60};

std::vector<float> weights_held() {
    std::vector<float> values(63);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(static_cast<int>(i) - 30) / 64.0F;
    return values;
}

// Other finite weights, of which a difference can be made again; or bad input.
void apply_and_repeat(ByteView difference) {
    const std::vector<float> base = weights_held();
    std::vector<float> values = base;
    if (const auto applied = wire::apply_difference(difference, kSegments, values); !applied) {
        if (applied.error().code != ErrorCode::InvalidInput) std::abort();
        return;
    }
    Bytes again;
    std::vector<float> repeated = base;
    for (std::size_t at = 0; const std::size_t count : kSegments) {
        wire::put_difference(std::span(base).subspan(at, count), std::span(values).subspan(at, count), again);
        at += count;
    }
    if (!wire::apply_difference(again, kSegments, repeated)) std::abort();
    if (std::memcmp(values.data(), repeated.data(), values.size() * sizeof(float)) != 0) std::abort();
}

}  // namespace

// The first byte chooses the parser, the second whether a payload frame follows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = std::as_bytes(std::span(data, size));
    if (input.size() < 2) return 0;
    const ByteView rest = input.subspan(2);
    wire::Frames frames = {copy_of(rest)};
    if (std::to_integer<int>(input[1]) % 2 == 1) frames.push_back(copy_of(rest));
    switch (std::to_integer<int>(input[0]) % 7) {
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
        case 5:
            apply_and_repeat(rest);
            break;
        default:
            static_cast<void>(wire::parse_token(text_of(rest)));
            break;
    }
    return 0;
}

#include "common/datasets/wav_file.hpp"

#include <fstream>
#include <optional>

namespace skerry::datasets {
namespace {

constexpr std::uint16_t kPcm = 1;
constexpr std::size_t kStreamed = 0xFFFFFFFF;  // written where the end was not known yet: all that comes
constexpr std::uint16_t kExtensible = 0xFFFE;  // the form is then the first two bytes of a GUID, at 24

Result<Bytes> whole_file(const std::filesystem::path& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    std::ifstream file;
    if (!error) file.open(path, std::ios::binary);  // a pipe has no size, and would be waited for
    if (error || !file)
        return fail(ErrorCode::PermissionDenied, path.string() + " cannot be read: check its permissions");
    if (size > kWavBytesMax) {
        return fail(ErrorCode::InvalidInput, path.string() + " has " + std::to_string(size) + " bytes, the limit is " +
                                                 std::to_string(kWavBytesMax) + ": cut it");
    }
    Bytes bytes(size);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (file.gcount() == static_cast<std::streamsize>(bytes.size())) return bytes;
    return fail(ErrorCode::InvalidInput, path.string() + " is truncated");
}

/// What is wrong with the form; empty: nothing.
std::string problem_of(ByteView fmt, std::size_t rate) {
    ByteReader reader(fmt);
    auto form = reader.get<std::uint16_t>();
    const auto channels = reader.get<std::uint16_t>();
    const auto found_rate = reader.get<std::uint32_t>();
    reader.get_bytes(4 + 2);  // bytes a second and a frame
    const auto bits = reader.get<std::uint16_t>();
    if (!reader.ok()) return "its fmt chunk is too short";
    if (form == kExtensible && fmt.size() >= 26) form = ByteReader(fmt.subspan(24)).get<std::uint16_t>();
    if (form != kPcm || bits != 16) return "it is not PCM of 16 bits: convert it (sox IN -b 16 -e signed OUT)";
    if (channels != 1) return "it has " + std::to_string(channels) + " channels: mix them into one (sox IN -c 1 OUT)";
    if (found_rate == rate) return {};
    return "it has " + std::to_string(found_rate) + " samples a second, the model wants " + std::to_string(rate) +
           " (sox IN -r " + std::to_string(rate) + " OUT)";
}

}  // namespace

Result<Bytes> read_wav(const std::filesystem::path& path, std::size_t rate) {
    const Bytes bytes = SKERRY_TRY(whole_file(path));
    const auto refusal = [&path](const std::string& reason) {
        return fail(ErrorCode::InvalidInput, path.string() + ": " + reason);
    };
    ByteReader reader(bytes);
    const std::string_view riff = text_of(reader.get_bytes(4));
    reader.get_bytes(4);  // the size, which streamed files have wrong
    const std::string_view wave = text_of(reader.get_bytes(4));
    if (riff != "RIFF" || wave != "WAVE") return refusal("it is no WAV file");
    bool form_is_known = false;
    while (reader.remaining() >= 8) {
        const std::string_view name = text_of(reader.get_bytes(4));
        std::size_t size = reader.get<std::uint32_t>();
        if (name == "data" && size == kStreamed) size = reader.remaining();
        if (size > reader.remaining()) return refusal("its chunk '" + to_hex(bytes_of(name)) + "' goes beyond its end");
        const ByteView chunk = reader.get_bytes(size);
        if (size % 2 != 0 && reader.remaining() > 0) reader.get_bytes(1);  // chunks begin at even places
        if (name == "fmt ") {
            if (std::string problem = problem_of(chunk, rate); !problem.empty()) return refusal(problem);
            form_is_known = true;
        }
        if (name != "data") continue;
        if (!form_is_known) return refusal("its data comes before its form");
        if (chunk.size() < 2) return refusal("it holds no sample");
        return copy_of(chunk.first(chunk.size() / 2 * 2));
    }
    return refusal("it has no data chunk");
}

}  // namespace skerry::datasets

#include "common/parameters/model_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <system_error>

#include "common/crypto/hash.hpp"

namespace skerry::parameters {
namespace {

constexpr std::string_view kMagic = "SKRM";
constexpr std::uint32_t kFloat32Format = 1;
constexpr std::uint32_t kPlannedFormat = 2;
constexpr std::size_t kTensorsMax = 256;  // layout.cpp proves that there are fewer
constexpr std::size_t kManifestBytesMax = limits::kControlBytesMax;
constexpr std::size_t kHeadBytesMax =
    64 + kTensorsMax + limits::kModelTextBytesMax + limits::kTextMax + kManifestBytesMax;
constexpr std::size_t kFileBytesMax = kHeadBytesMax + limits::kParametersMax * sizeof(float) + sizeof(Digest);

/// The layout that the model's declaration makes. InvalidInput: the parameters are not the prefix that the tier of this
/// model has, or not finite; or the plan is not of its tensors.
Result<ParameterLayout> check(const ExportedModel& model) {
    ParameterLayout layout = SKERRY_TRY(ParameterLayout::of(model.spec));
    const std::size_t expected = layout.prefix(model.tier);
    if (model.parameters.size() != expected) {
        return fail(ErrorCode::InvalidInput, "the model has " + std::to_string(model.parameters.size()) +
                                                 " parameters, its " + std::string(name_of(model.tier)) +
                                                 " tier needs " + std::to_string(expected));
    }
    const auto finite = [](float value) { return std::isfinite(value); };
    if (!std::all_of(model.parameters.begin(), model.parameters.end(), finite)) {
        return fail(ErrorCode::InvalidInput, "a parameter of the model is not finite");
    }
    if (model.origin.size() > limits::kTextMax || model.manifest.size() > kManifestBytesMax) {
        return fail(ErrorCode::InvalidInput, "the model's origin or manifest is too long");
    }
    if (!model.plan.empty()) SKERRY_TRY(check_plan(model.plan, held_blocks(layout.blocks(), model.tier)));
    return layout;
}

tl::unexpected<Error> no_model_file() {
    return fail(ErrorCode::InvalidInput, "this is no model file: 'skerry model export' writes one");
}

Result<Bytes> read_whole(const std::filesystem::path& path) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) return fail(ErrorCode::NotFound, error.message());
    if (size < kMagic.size() + sizeof(Digest) || size > kFileBytesMax) return no_model_file();
    Bytes bytes(size);
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (!file) return fail(ErrorCode::Unavailable, "the file cannot be read");
    return bytes;
}

tl::unexpected<Error> sizes_do_not_fit() {
    return fail(ErrorCode::InvalidInput, "the file's sizes do not fit together; export it again");
}

/// The parameters, of which `count` are promised, as all that is left of the file.
Result<> decode_parameters(ByteReader& reader, std::uint64_t count, ExportedModel& model) {
    if (count * sizeof(float) != reader.remaining()) return sizes_do_not_fit();
    model.parameters.resize(count);
    const ByteView values = reader.get_bytes(count * sizeof(float));
    if (count > 0) std::memcpy(model.parameters.data(), values.data(), values.size());
    const ParameterLayout layout = SKERRY_TRY(check(model));
    model.plan = uniform_plan(held_blocks(layout.blocks(), model.tier), Precision::Float32);
    return {};
}

/// Likewise, under the plan that precedes them.
Result<> decode_planned(ByteReader& reader, std::uint64_t count, ExportedModel& model) {
    const ByteView plan = reader.get_sized(kTensorsMax);
    if (!reader.ok()) return sizes_do_not_fit();
    for (const std::byte number : plan)
        model.plan.push_back(SKERRY_TRY(precision_numbered(static_cast<std::uint64_t>(number))));
    const ParameterLayout layout = SKERRY_TRY(ParameterLayout::of(model.spec));
    const auto blocks = held_blocks(layout.blocks(), model.tier);
    SKERRY_TRY(check_plan(model.plan, blocks));
    if (count != layout.prefix(model.tier) || encoded_bytes(blocks, model.plan) != reader.remaining()) {
        return sizes_do_not_fit();
    }
    model.parameters = SKERRY_TRY(decode(blocks, model.plan, reader.get_bytes(reader.remaining())));
    return {};
}

Result<ExportedModel> decode_file(ByteView file) {
    ByteReader reader(file.first(file.size() - sizeof(Digest)));
    if (text_of(reader.get_bytes(kMagic.size())) != kMagic) return no_model_file();
    const auto format = reader.get<std::uint32_t>();
    if (format != kFloat32Format && format != kPlannedFormat) {
        return fail(ErrorCode::VersionMismatch,
                    "the file has format " + std::to_string(format) + ", this program reads formats 1 and 2");
    }
    const Digest digest = crypto::sha256(file.first(file.size() - sizeof(Digest)));
    if (!std::equal(digest.begin(), digest.end(), file.end() - sizeof(Digest))) {
        return fail(ErrorCode::InvalidInput, "the file is damaged: its SHA-256 does not fit; export it again");
    }
    ExportedModel model;
    model.version = ModelVersion{reader.get<std::uint64_t>()};
    const auto tier = reader.get<std::uint8_t>();
    const ByteView declaration = reader.get_sized(limits::kModelTextBytesMax);
    model.origin = text_of(reader.get_sized(limits::kTextMax));
    model.manifest = copy_of(reader.get_sized(kManifestBytesMax));
    const auto count = reader.get<std::uint64_t>();
    if (!reader.ok() || tier >= kTiers || count > limits::kParametersMax) return sizes_do_not_fit();
    model.tier = static_cast<Tier>(tier);
    model.spec = SKERRY_TRY(parse_model(text_of(declaration)));
    SKERRY_TRY(format == kPlannedFormat ? decode_planned(reader, count, model)
                                        : decode_parameters(reader, count, model));
    return model;
}

bool all_float32(const PrecisionPlan& plan) {
    return std::all_of(plan.begin(), plan.end(), [](Precision p) { return p == Precision::Float32; });
}

}  // namespace

Result<PrecisionPlan> plan_for(const ExportedModel& model, std::string_view text) {
    const ParameterLayout layout = SKERRY_TRY(ParameterLayout::of(model.spec));
    return plan_named(text, held_blocks(layout.blocks(), model.tier));
}

Result<std::string> precision_of(const ExportedModel& model) {
    if (model.plan.empty()) return std::string(name_of(Precision::Float32));
    const ParameterLayout layout = SKERRY_TRY(check(model));
    return to_text(model.plan, held_blocks(layout.blocks(), model.tier));
}

Result<EncodingError> store_as(ExportedModel& model, std::string_view plan) {
    const ParameterLayout layout = SKERRY_TRY(check(model));
    const auto blocks = held_blocks(layout.blocks(), model.tier);
    model.plan = SKERRY_TRY(plan_named(plan, blocks));
    const Encoded encoded = encode(blocks, model.plan, model.parameters);
    model.parameters = SKERRY_TRY(decode(blocks, model.plan, encoded.bytes));
    return encoded.errors.back();
}

Result<> save_model(const ExportedModel& model, const std::filesystem::path& path) {
    const ParameterLayout layout = SKERRY_TRY(check(model));
    // Format 1 where it says it all: older programs read it.
    const bool planned = !all_float32(model.plan);
    ByteWriter writer;
    writer.put(bytes_of(kMagic)).put(planned ? kPlannedFormat : kFloat32Format);
    writer.put(model.version.value).put(static_cast<std::uint8_t>(model.tier));
    writer.put_sized(bytes_of(canonical_text(model.spec))).put_sized(bytes_of(model.origin)).put_sized(model.manifest);
    writer.put(static_cast<std::uint64_t>(model.parameters.size()));
    if (planned) {
        writer.put_sized(std::as_bytes(std::span(model.plan)));
        writer.put(encode(held_blocks(layout.blocks(), model.tier), model.plan, model.parameters).bytes);
    } else {
        writer.put(std::as_bytes(std::span(model.parameters)));
    }
    const Digest digest = crypto::sha256(writer.bytes());
    writer.put(digest);

    const std::filesystem::path part = path.string() + ".part";
    {
        std::ofstream file(part, std::ios::binary | std::ios::trunc);
        const std::string_view text = text_of(writer.bytes());
        file.write(text.data(), static_cast<std::streamsize>(text.size()));
        file.close();
        if (!file) return fail(ErrorCode::Unavailable, "writing " + part.string() + " failed: is the disk full?");
    }
    std::error_code error;
    std::filesystem::rename(part, path, error);
    if (error) return fail(ErrorCode::Unavailable, "writing " + path.string() + ": " + error.message());
    return {};
}

Result<ExportedModel> load_model(const std::filesystem::path& path) {
    const auto read = [&]() -> Result<ExportedModel> { return decode_file(SKERRY_TRY(read_whole(path))); };
    return read().map_error([&](Error&& error) { return std::move(error).within("reading " + path.string()); });
}

}  // namespace skerry::parameters

#include "common/datasets/idx_source.hpp"

#include <array>

#include <zlib.h>

#include "common/datasets/selection.hpp"

namespace skerry::datasets {
namespace {

constexpr std::uint32_t kLabelsMagic = 0x00000801;  // unsigned bytes, one dimension
constexpr std::uint32_t kImagesMagic = 0x00000803;  // unsigned bytes, three dimensions

/// One idx file, unzipped on the way. zlib passes plain files through unchanged.
class IdxFile {
public:
    explicit IdxFile(std::filesystem::path path) : path_(std::move(path)), file_(gzopen(path_.c_str(), "rb")) {}
    IdxFile(IdxFile&& other) noexcept : path_(std::move(other.path_)), file_(std::exchange(other.file_, nullptr)) {}
    IdxFile& operator=(IdxFile&&) = delete;
    ~IdxFile() {
        if (file_ != nullptr) gzclose_r(file_);
    }

    Result<> read(std::span<std::byte> target) {
        if (file_ == nullptr) return fail(ErrorCode::PermissionDenied, path_.string() + " cannot be read");
        const int count = gzread(file_, target.data(), static_cast<unsigned>(target.size()));
        if (count >= 0 && static_cast<std::size_t>(count) == target.size()) return {};
        return fail(ErrorCode::InvalidInput, path_.string() + " is truncated or damaged: fetch it again");
    }
    /// The file ends here, with a good checksum if it is zipped.
    Result<> expect_end() {
        std::byte more{};
        int status = Z_OK;
        const int count = gzread(file_, &more, 1);
        gzerror(file_, &status);  // a stream that breaks off reads as an end with Z_BUF_ERROR
        if (count == 0 && status == Z_OK) return {};
        return fail(ErrorCode::InvalidInput, path_.string() + " does not end where its header says: fetch it again");
    }
    Result<std::uint32_t> read_size() {
        std::array<std::byte, 4> bytes{};
        SKERRY_TRY(read(bytes));
        std::uint32_t value = 0;
        for (const std::byte b : bytes)
            value = value << 8U | std::to_integer<std::uint32_t>(b);
        return value;
    }
    Result<> expect_magic(std::uint32_t magic) {
        if (SKERRY_TRY(read_size()) == magic) return {};
        return fail(ErrorCode::InvalidInput, path_.string() + " is no idx file of unsigned bytes");
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    gzFile file_;
};

class IdxSource final : public SampleSource {
public:
    IdxSource(IdxFile images, IdxFile labels, std::uint32_t count, const parameters::ModelSpec& spec)
        : images_(std::move(images)),
          labels_(std::move(labels)),
          count_(count),
          classes_(spec.classes.size()),
          dtype_(spec.input.dtype),
          image_(spec.input.values()) {}

    Result<std::optional<Sample>> next() override {
        if (given_ == count_) {
            SKERRY_TRY(images_.expect_end());
            SKERRY_TRY(labels_.expect_end());
            return std::optional<Sample>();
        }
        std::array<std::byte, 1> label{};
        SKERRY_TRY(images_.read(image_));
        SKERRY_TRY(labels_.read(label));
        Sample sample{{}, std::to_integer<std::uint32_t>(label[0])};
        if (sample.label >= classes_) {
            return fail(ErrorCode::InvalidInput, labels_.path().string() + ": sample " + std::to_string(given_) +
                                                     " has label " + std::to_string(sample.label) + ", the model has " +
                                                     std::to_string(classes_) + " classes");
        }
        if (dtype_ == parameters::DataType::UInt8) {
            sample.input = image_;
        } else {
            for (const std::byte value : image_) {
                SKERRY_TRY(append_value(sample.input, dtype_, std::to_integer<int>(value)));
            }
        }
        ++given_;
        return sample;
    }

private:
    IdxFile images_;
    IdxFile labels_;
    std::uint32_t count_;
    std::uint32_t given_ = 0;
    std::size_t classes_;
    parameters::DataType dtype_;
    Bytes image_;
};

std::filesystem::path find(const std::filesystem::path& folder, Split split, std::string_view kind) {
    const std::string name = std::string(split == Split::Train ? "train-" : "t10k-") + std::string(kind);
    std::error_code ignored;
    for (const char* ending : {"", ".gz"}) {
        std::filesystem::path path = folder / (name + ending);
        if (std::filesystem::is_regular_file(path, ignored)) return path;
    }
    return {};
}

}  // namespace

bool holds_idx(const std::filesystem::path& folder, Split split) {
    return !find(folder, split, "images-idx3-ubyte").empty();
}

Result<std::unique_ptr<SampleSource>> open_idx(const std::filesystem::path& folder, Split split,
                                               const parameters::ModelSpec& spec) {
    const std::filesystem::path labels_path = find(folder, split, "labels-idx1-ubyte");
    if (labels_path.empty()) {
        return fail(ErrorCode::NotFound, folder.string() + " has images but no labels-idx1-ubyte file beside them");
    }
    IdxFile images(find(folder, split, "images-idx3-ubyte"));
    IdxFile labels(labels_path);
    SKERRY_TRY(images.expect_magic(kImagesMagic));
    SKERRY_TRY(labels.expect_magic(kLabelsMagic));
    const std::uint32_t count = SKERRY_TRY(images.read_size());
    if (SKERRY_TRY(labels.read_size()) != count) {
        return fail(ErrorCode::InvalidInput, folder.string() + ": images and labels are not equally many");
    }
    const std::uint32_t height = SKERRY_TRY(images.read_size());
    const std::uint32_t width = SKERRY_TRY(images.read_size());
    // A table of pixels takes any image of as many values; an image only one of its own sides. Both sides of the file
    // are 32 bits wide, so their product cannot overflow.
    const std::vector<std::size_t>& wanted = spec.input.shape;
    const bool image = spec.modality == parameters::Modality::Image;
    if (std::uint64_t{height} * width != spec.input.values() ||
        (image && (wanted[0] != 1 || wanted[1] != height || wanted[2] != width))) {
        return fail(ErrorCode::InvalidInput, folder.string() + " has grey images of " + std::to_string(height) + "x" +
                                                 std::to_string(width) +
                                                 ", which is not the shape of the model's input");
    }
    return std::make_unique<IdxSource>(std::move(images), std::move(labels), count, spec);
}

}  // namespace skerry::datasets

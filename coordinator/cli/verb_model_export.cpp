#include <filesystem>
#include <sys/stat.h>

#include "common/crypto/hash.hpp"
#include "common/crypto/key_file.hpp"
#include "common/http/client.hpp"
#include "coordinator/cli/lookup.hpp"
#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

struct Export {
    NumberOrNewest version;
    std::string file;
    std::string tier = "heavy";
    std::string precision = "fp32";
    bool force = false;
};

Failure exists(const std::string& file) {
    return {ExitCode::Conflict, "conflict", file + " exists already", "name another file, or replace it with --force"};
}

Failure write_failure(const Error& error, const std::string& file) {
    if (error.code == ErrorCode::Conflict) return exists(file);
    const std::string hint = "see that the folder of " + file + " exists, is yours to write and has room";
    switch (error.code) {
        case ErrorCode::NotFound:
            return {ExitCode::NotFound, "not_found", error.message, hint};
        case ErrorCode::PermissionDenied:
            return {ExitCode::Denied, "permission_denied", error.message, hint};
        default:
            return {ExitCode::DependencyDown, "unavailable", error.message, hint};
    }
}

/// What any file of this user would be readable by: weights are no secret, and whoever scores them may be another user.
std::filesystem::perms usual_permissions() {
    const mode_t mask = umask(0);
    umask(mask);
    return static_cast<std::filesystem::perms>(0666U & ~mask);
}

Answer<void> write(const std::string& bytes, const Export& wanted) {
    const auto content = bytes_of(bytes);
    Result<> written;
    if (wanted.force) {
        written = crypto::write_file_durably(wanted.file, content, usual_permissions());
    } else {
        written = crypto::write_secret_file(wanted.file, content, crypto::IfExists::Refuse);
        std::error_code unchanged;  // then it stays readable by its owner alone: whole, if narrow
        if (written) std::filesystem::permissions(wanted.file, usual_permissions(), unchanged);
    }
    if (!written) return tl::unexpected(write_failure(written.error(), wanted.file));
    return {};
}

ExitCode save(const Export& wanted, Session& session) {
    // Again refused by the writing itself, should the file appear meanwhile; here before the download.
    std::error_code unknown;
    if (!wanted.force && std::filesystem::exists(wanted.file, unknown))
        return session.output.failed(exists(wanted.file));

    const auto version = find_version(session.coordinator, wanted.version);
    if (!version) return session.output.failed(version.error());
    const auto bytes =
        session.coordinator.download("/v1/models/" + std::to_string(*version) + "/export?tier=" + wanted.tier +
                                     "&precision=" + http::percent_encoded(wanted.precision));
    if (!bytes) return session.output.failed(bytes.error());
    const auto written = write(*bytes, wanted);
    if (!written) return session.output.failed(written.error());

    return session.output.report(
        ok_envelope({{"version", *version},
                     {"tier", wanted.tier},
                     {"precision", wanted.precision},
                     {"file", wanted.file},
                     {"bytes", std::uint64_t{bytes->size()}},
                     {"sha256", to_hex(crypto::sha256(bytes_of(*bytes)))}}),
        [&](Value file) {
            session.output.line("version " + std::to_string(*version) + " (" + wanted.tier + ", " + wanted.precision +
                                ", " + bytes_in(file["bytes"]) + ") is in " + wanted.file);
            session.output.hint("Score it: skerry-node evaluate --model " + wanted.file + " --data PATH");
        });
}

}  // namespace

// skerry model export newest digits.skm --tier light
void add_model_export(CLI::App& model, Verb& chosen) {
    auto wanted = std::make_shared<Export>();
    auto* verb = model.add_subcommand("export", "Write a version to a file that 'skerry-node evaluate' reads");
    add_choice(*verb, "version", wanted->version, "As 'model list' shows it");
    add_text(*verb, "--file,file", wanted->file, "Where to; whole or not at all (--output is the answer's format)")
        ->required()
        ->type_name("FILE");
    add_tier(*verb, "--tier", wanted->tier, "How much of the network: light, medium or heavy (heavy)");
    add_text(
        *verb, "--precision", wanted->precision,
        "How weights are written: fp32, fp16, fp8, fp8-e5m2, int8, mixed, or with exceptions: fp8,light.0=fp16 (fp32)");
    verb->add_flag("--force", wanted->force, "Replace the file if it exists");
    verb->callback([&chosen, wanted] { chosen = [wanted](Session& session) { return save(*wanted, session); }; });
}

}  // namespace skerry::cli

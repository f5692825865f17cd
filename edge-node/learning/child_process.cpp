#include "edge-node/learning/child_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace skerry::node {
namespace {

constexpr int kInheritedAs = 3;

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        return "was killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
    }
    return "ended with status " + std::to_string(WEXITSTATUS(status));
}

// What a program needs to start; no secret that an operator may have put into the daemon's environment.
std::vector<std::string> environment() {
    // One thread: OpenMP and the BLAS would otherwise take every core from serving.
    std::vector<std::string> variables = {"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1"};
    for (const char* name : {"PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "LANG", "CUDA_VISIBLE_DEVICES"}) {
        if (const char* value = std::getenv(name)) variables.push_back(std::string(name) + "=" + value);
    }
    return variables;
}

// posix_spawn's instructions, with the end that C cannot give them.
class FileActions {
public:
    FileActions() { ::posix_spawn_file_actions_init(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    [[nodiscard]] posix_spawn_file_actions_t* get() { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

class SpawnAttributes {
public:
    SpawnAttributes() { ::posix_spawnattr_init(&attributes_); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
    [[nodiscard]] posix_spawnattr_t* get() { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

}  // namespace

struct ChildProcess::State {
    State(boost::asio::io_context& loop, pid_t child, int pidfd, OnExit handler)
        : pid(child), ended(loop, pidfd), on_exit(std::move(handler)) {}

    pid_t pid;
    bool reaped = false;
    boost::asio::posix::stream_descriptor ended;  ///< a pidfd: readable once the child has ended
    OnExit on_exit;
};

Result<ChildProcess> ChildProcess::start(boost::asio::io_context& loop, const std::filesystem::path& program,
                                         int inherited, OnExit on_exit) {
    FileActions actions;
    ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(actions.get(), STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    // Also where both are the same number: then it clears close-on-exec (posix_spawn_file_actions_adddup2(3)).
    ::posix_spawn_file_actions_adddup2(actions.get(), inherited, kInheritedAs);

    // The daemon blocks the signals that it waits for; a child would inherit that and not die of SIGTERM.
    SpawnAttributes attributes;
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(attributes.get(), &none);
    ::posix_spawnattr_setsigdefault(attributes.get(), &all);
    ::posix_spawnattr_setflags(attributes.get(), POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    std::string name = program.string();
    char* const arguments[] = {name.data(), nullptr};
    std::vector<std::string> variables = environment();
    std::vector<char*> pointers;
    pointers.reserve(variables.size() + 1);
    for (std::string& variable : variables)
        pointers.push_back(variable.data());
    pointers.push_back(nullptr);

    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, name.c_str(), actions.get(), attributes.get(), arguments, pointers.data());
    if (error != 0) {
        return fail(ErrorCode::Unavailable, "starting " + name + ": " + std::generic_category().message(error));
    }
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) {
        const std::string reason = std::generic_category().message(errno);
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return fail(ErrorCode::Unavailable, "watching " + name + ": " + reason);
    }
    auto state = std::make_shared<State>(loop, pid, pidfd, std::move(on_exit));
    state->ended.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                            [weak = std::weak_ptr(state)](const boost::system::error_code& failed) {
                                const auto ended = weak.lock();
                                if (failed || !ended || ended->reaped) return;
                                int status = 0;
                                ::waitpid(ended->pid, &status, 0);
                                ended->reaped = true;
                                ended->on_exit(how_it_ended(status));
                            });
    return ChildProcess(std::move(state));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept = default;

ChildProcess::~ChildProcess() {
    if (!state_ || state_->reaped) return;
    state_->reaped = true;
    ::kill(state_->pid, SIGKILL);
    ::waitpid(state_->pid, nullptr, 0);
}

void ChildProcess::kill() {
    // Until it is reaped the number cannot belong to another process.
    if (!state_->reaped) ::kill(state_->pid, SIGKILL);
}

pid_t ChildProcess::pid() const {
    return state_->pid;
}

}  // namespace skerry::node

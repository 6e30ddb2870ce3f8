/*
 * replay.c - runs a fuzz target on the files and folders named on the command line.
 *
 * So that every input ever found interesting is a regression test with any compiler, sanitizer or
 * none. Fails when there was nothing to run. Each input is given in a block of exactly its size.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUT_BYTES_MAX (1u << 20)

static bool run_file(const char *path)
{
    static uint8_t bytes[INPUT_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    bool is_read = !ferror(file);
    fclose(file);
    uint8_t *input = malloc(size == 0 ? 1 : size);
    if (!is_read || input == NULL) {
        fprintf(stderr, "%s: not read\n", path);
        free(input);
        return false;
    }
    memcpy(input, bytes, size);
    LLVMFuzzerTestOneInput(input, size);
    free(input);
    return true;
}

/* The files of one folder, not of those below. Returns how many, or -1. */
static int run_folder(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;
    if (folder == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL && count >= 0;
         entry = readdir(folder)) {
        char name[PATH_MAX];
        if (entry->d_name[0] == '.') {
            continue;
        }
        int length = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        count = length < (int)sizeof(name) && run_file(name) ? count + 1 : -1;
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        struct stat info;
        bool is_folder = stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode);
        int count = is_folder ? run_folder(argv[i]) : run_file(argv[i]) ? 1 : -1;
        if (count < 0) {
            return 1;
        }
        total += count;
    }
    printf("%d inputs\n", total);
    return total > 0 ? 0 : 1;
}

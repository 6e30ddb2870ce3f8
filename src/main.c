/*
 * main.c - the program. Everything is in src/app.
 */
#include "app/app.h"

int main(int argc, char **argv)
{
    return wp_app_main(argc, argv);
}

// Starts the browsable description of the API.
window.addEventListener("load", () => {
  const place = document.getElementById("api");
  window.SwaggerUIBundle({
    url: place.dataset.url,
    domNode: place,
    deepLinking: true,
    docExpansion: "none",
    persistAuthorization: false,
    validatorUrl: null,
  });
});

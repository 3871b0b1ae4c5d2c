// Shows the document that the page names. The key is forgotten with the page.
const place = document.getElementById("ui");
window.ui = SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
});
